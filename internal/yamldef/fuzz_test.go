package yamldef

import (
	"errors"
	"testing"

	"github.com/taskflow-run/taskflow"
)

func FuzzLoad(f *testing.F) {
	f.Add(everyField)
	f.Add(flowOf("b"))
	f.Add("x: &a [*a]\n<<: {}\n")
	f.Add("tasks: [{name: a, <<: [{command: x}], params: {1: 2, ? [a] : b}}]")
	f.Fuzz(func(t *testing.T, text string) {
		s := newSource()
		s.parse("f", "/folder", []byte(text))
		tf := taskflow.New()
		s.AddTo(tf)
		_, err := tf.Definitions()
		if err = s.Locate(err); err == nil {
			return
		}
		var faults Faults
		if !errors.As(err, &faults) {
			t.Fatalf("an error without places: %v", err)
		}
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 {
				t.Errorf("no place: %v", fault)
			}
		}
	})
}
