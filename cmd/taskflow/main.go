// Command taskflow runs tasks and workflows that are defined in YAML.
package main

import (
	"github.com/taskflow-run/taskflow"
	"github.com/taskflow-run/taskflow/cli"
)

func main() {
	cli.Main(taskflow.New())
}
