// Command schemagen writes what is made from the types of the YAML format, its
// JSON Schema and the tables of its fields, into a folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/taskflow-run/taskflow/internal/yamldef"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: schemagen FOLDER")
	}
	schema, err := yamldef.Schema()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(args[0], "taskflow.schema.json"), schema, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(args[0], "yaml-fields.md"), yamldef.Reference(), 0o644)
}
