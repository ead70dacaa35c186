package sqlite

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/taskflow-run/taskflow"
)

// timeFormat is how times are kept: fixed width, so that they sort as text.
const timeFormat = "2006-01-02 15:04:05.000000"

// text returns a time as it is kept, nil for the zero time. What is finer
// than a microsecond is cut off.
func text(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(timeFormat)
}

// timeInto scans a time or NULL.
type timeInto struct{ t *time.Time }

func (into timeInto) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*into.t = time.Time{}
		return nil
	case string:
		// Also reads what people write by hand, with less precision.
		t, err := time.Parse("2006-01-02 15:04:05", strings.TrimSuffix(strings.Replace(v, "T", " ", 1), "Z"))
		if err != nil {
			return fmt.Errorf("%q is not a UTC time as YYYY-MM-DD HH:MM:SS.ffffff", v)
		}
		*into.t = t
		return nil
	}
	return fmt.Errorf("%v (%T) is not a time as text", v, v)
}

// scanWord is Scan for text that was read as JSON.
func (into timeInto) scanWord(s *string) error {
	if s == nil {
		return into.Scan(nil)
	}
	return into.Scan(*s)
}

// word returns a string for a nullable column: NULL if it is empty.
func word[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// wordInto scans a text column, NULL as "".
type wordInto[S ~string] struct{ s *S }

func (into wordInto[S]) Scan(v any) error {
	var n sql.NullString
	err := n.Scan(v)
	*into.s = S(n.String)
	return err
}

func into[S ~string](s *S) wordInto[S] { return wordInto[S]{s} }

// number returns an id for a nullable column: NULL if it is 0.
func number(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// numberInto scans an integer column, NULL as 0.
type numberInto struct{ n *int64 }

func (into numberInto) Scan(v any) error {
	var n sql.NullInt64
	err := n.Scan(v)
	*into.n = n.Int64
	return err
}

// object returns a JSON object for a nullable column: NULL if it is empty.
func object[M ~map[string]any](m M) (any, error) {
	if len(m) == 0 {
		return nil, nil
	}
	return encode(m)
}

// encode returns v as JSON text, without escapes for HTML.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// paramsInto scans a JSON object, NULL as none.
type paramsInto struct{ p *taskflow.Params }

func (into paramsInto) Scan(v any) error {
	*into.p = nil
	if s, ok := v.(string); ok {
		return json.Unmarshal([]byte(s), into.p)
	}
	return nil
}
