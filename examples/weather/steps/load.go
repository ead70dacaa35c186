package main

import (
	"database/sql"
	"errors"
	"os"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // registers the driver sqlite3
)

const database = "out/weather.db"

// loaded is the result of load.
type loaded struct {
	Database string `json:"database"`
	Rows     int    `json:"rows"`
	First    string `json:"first"`
	Last     string `json:"last"`
}

// load makes the database anew beside the old one and puts it in its place
// when it is complete: running again replaces it, and failing changes nothing.
func load() (any, error) {
	days, err := readDays(os.Getenv("TASKFLOW_PARAM_INPUT"))
	if err != nil {
		return nil, err
	}
	fresh := database + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := fill(fresh, days); err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, database); err != nil {
		return nil, err
	}
	return loaded{
		Database: database,
		Rows:     len(days),
		First:    days[0].Date.Format(time.DateOnly),
		Last:     days[len(days)-1].Date.Format(time.DateOnly),
	}, nil
}

func fill(path string, days []day) (err error) {
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if _, err := tx.Exec(`
		CREATE TABLE daily (
			date          TEXT PRIMARY KEY, -- such as 2012-12-31
			precipitation REAL NOT NULL,    -- mm
			temp_max      REAL NOT NULL,    -- °C
			temp_min      REAL NOT NULL,    -- °C
			wind          REAL NOT NULL,    -- m/s
			weather       TEXT NOT NULL
		) STRICT`); err != nil {
		return err
	}
	insert, err := tx.Prepare(`INSERT INTO daily VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, d := range days {
		if _, err := insert.Exec(d.Date.Format(time.DateOnly), d.Precipitation, d.TempMax, d.TempMin, d.Wind, d.Weather); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// query runs a query on the database that load has made and returns its rows;
// fields names what the columns of a row go to.
func query[T any](fields func(*T) []any, query string, args ...any) ([]T, error) {
	var from loaded
	if err := resultOf("load", &from); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+from.Database+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var row T
		if err := rows.Scan(fields(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
