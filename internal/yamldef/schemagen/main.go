// Command schemagen writes the JSON Schema of the YAML format to a file.
package main

import (
	"fmt"
	"os"

	"github.com/taskflow-run/taskflow/internal/yamldef"
)

func main() {
	schema, err := yamldef.Schema()
	if err == nil && len(os.Args) != 2 {
		err = fmt.Errorf("usage: schemagen FILE")
	}
	if err == nil {
		err = os.WriteFile(os.Args[1], schema, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}
