//go:build unix

package bash_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/taskflow-run/taskflow"
)

func TestResult(t *testing.T) {
	t.Parallel()
	results := map[string]struct{ command, want string }{
		"of any kind is kept":               {`echo '{"rows": 42}' > "$TASKFLOW_RESULT"`, `{"rows": 42}`},
		"may have white space around it":    {`printf ' \n 7 \n' > "$TASKFLOW_RESULT"`, `7`},
		"may be none":                       {`true`, ``},
		"may be none, as an empty file":     {`: > "$TASKFLOW_RESULT"`, ``},
		"may be none, as no file":           {`rm "$TASKFLOW_RESULT"`, ``},
		"may be moved into place":           {`f=$(mktemp); echo 1 > $f; mv $f "$TASKFLOW_RESULT"`, `1`},
		"may have as many bytes as allowed": {`printf '"%065534d"' 0 > "$TASKFLOW_RESULT"`, `"` + strings.Repeat("0", taskflow.MaxResult-2) + `"`},
	}
	for name, test := range results {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := script(test.command + `; echo "$TASKFLOW_RESULT"`)
			result, err := a.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := result.(json.RawMessage)
			if string(raw) != test.want || (test.want == "") != (result == nil) {
				t.Errorf("the result is %.80q", raw)
			}
			if _, err := os.Stat(strings.TrimSpace(a.stdout.String())); !os.IsNotExist(err) {
				t.Errorf("the file is still there: %v", err)
			}
		})
	}
	faults := map[string]struct{ command, want string }{
		"that is not JSON":       {`echo hello > "$TASKFLOW_RESULT"`, "not JSON: invalid character 'h'"},
		"with more than a value": {`echo '1 2' > "$TASKFLOW_RESULT"`, "not JSON: invalid character '2' after top-level value"},
		"of white space":         {`echo > "$TASKFLOW_RESULT"`, "not JSON: unexpected end"},
		"that is not UTF-8":      {`printf '"\xff"' > "$TASKFLOW_RESULT"`, "not UTF-8"},
		"that is too large":      {`printf '"%065535d"' 0 > "$TASKFLOW_RESULT"`, "65537 bytes, at most 65536 are kept"},
		"that is enormous":       {`head -c 5000000 /dev/zero > "$TASKFLOW_RESULT"`, "5000000 bytes"},
		"that is a folder":       {`rm "$TASKFLOW_RESULT"; mkdir "$TASKFLOW_RESULT"`, "not a file any more"},
		"of a failed script":     {`echo hello > "$TASKFLOW_RESULT"; exit 4`, "exit status 4"},
	}
	for name, test := range faults {
		t.Run(name+" fails the attempt", func(t *testing.T) {
			t.Parallel()
			script(test.command).mustFail(t, test.want)
		})
	}
}

func TestInputFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/in put.txt", []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{
		"relative to the working directory": "in put.txt",
		"absolute":                          dir + "/in put.txt",
		"as a URL":                          "file://" + dir + "/in%20put.txt",
		"with variables":                    "${FOLDER}/in $WHAT.txt",
		"with a param":                      "in $TASKFLOW_PARAM_P.txt",
	}
	for name, file := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := script("cat")
			a.task.WorkingDir, a.task.InputFile = dir, file
			a.task.Env = map[string]string{"FOLDER": dir, "WHAT": "put"}
			a.ti.Params = taskflow.Params{"p": "put"}
			if got := a.must(t); got != "content" {
				t.Errorf("got %q", got)
			}
		})
	}
	faults := map[string]struct{ file, want string }{
		"that is missing":                 {"none.txt", `input_file "none.txt": ` + dir + "/none.txt does not exist"},
		"that is a folder":                {".", "is not a file"},
		"that is a pipe":                  {"fifo", "is not a file"},
		"with a variable that is not set": {"$NO_SUCH/x", "$NO_SUCH is not set in the task's environment"},
		"with more of the shell's syntax": {"${HOME:-x}", "a $ must start $VAR or ${VAR}"},
		"on S3":                           {"s3://bucket/key", "this build does not support s3:// yet"},
		"on Google's storage":             {"gs://bucket/key", "does not support gs:// yet"},
		"on Azure's storage":              {"azblob://bucket/key", "does not support azblob:// yet"},
		"of an unknown scheme":            {"ftp://host/x", "unknown scheme ftp://"},
		"on another host":                 {"file://host/x", "is not of the form file:///"},
	}
	for name, test := range faults {
		t.Run(name+" fails before the script starts", func(t *testing.T) {
			t.Parallel()
			a := script("echo ran")
			a.task.WorkingDir, a.task.InputFile = dir, test.file
			a.mustFail(t, test.want)
			if a.stdout.String() != "" {
				t.Error("the script ran")
			}
		})
	}
}

func TestOutputFile(t *testing.T) {
	t.Parallel()
	t.Run("appears whole and is not logged", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		a := script("echo old; ls; echo err >&2")
		a.task.WorkingDir, a.task.OutputFile = dir, "out.txt"
		if got := a.must(t); got != "" || a.stderr.String() != "err\n" {
			t.Errorf("logged were %q and %q", got, a.stderr.String())
		}
		if got := read(t, dir+"/out.txt"); got != "old\n" {
			t.Errorf("the file has %q: it was there while the script ran", got)
		}
		onlyFile(t, dir, "out.txt")
	})
	failing := map[string]string{
		"a script that fails":                  "echo new; exit 1",
		"a script with a result that is wrong": `echo new; echo x > "$TASKFLOW_RESULT"`,
	}
	for name, command := range failing {
		t.Run("stays as it was after "+name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(dir+"/out.txt", []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			a := script(command)
			a.task.OutputFile = "file://" + dir + "/out.txt"
			a.mustFail(t)
			if got := read(t, dir+"/out.txt"); got != "old" {
				t.Errorf("the file has %q", got)
			}
			onlyFile(t, dir, "out.txt")
		})
	}
	t.Run("keeps the link and the mode of the file it replaces", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/real", []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		linkDir := t.TempDir()
		if err := os.Symlink(dir+"/real", linkDir+"/link"); err != nil {
			t.Fatal(err)
		}
		a := script("echo new")
		a.task.WorkingDir, a.task.OutputFile = linkDir, "link"
		a.must(t)
		info, err := os.Stat(dir + "/real")
		if err != nil || info.Mode().Perm() != 0o640 || read(t, linkDir+"/link") != "new\n" {
			t.Errorf("%v %v", info.Mode(), err)
		}
	})
	t.Run("needs its folder", func(t *testing.T) {
		t.Parallel()
		a := script("echo x")
		a.task.WorkingDir, a.task.OutputFile = t.TempDir(), "none/out.txt"
		a.mustFail(t, "the folder "+a.task.WorkingDir+"/none does not exist")
	})
	t.Run("replaces nothing but a file", func(t *testing.T) {
		t.Parallel()
		a := script("echo x")
		a.task.OutputFile = "/dev/null"
		a.mustFail(t, "is not a file that could be replaced")
	})
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// onlyFile checks that nothing else was left in the folder.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("the folder has %v %v", entries, err)
	}
}
