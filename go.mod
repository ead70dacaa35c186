module github.com/taskflow-run/taskflow

go 1.26
