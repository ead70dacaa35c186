//go:build !unix

package bash

import (
	"context"
	"errors"
)

func (p process) run(context.Context) error {
	return errors.New("commands run on Linux, macOS and other Unix systems only; write the task in Go")
}
