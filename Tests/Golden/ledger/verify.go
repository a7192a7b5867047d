// SPDX-License-Identifier: Apache-2.0

// Verifies an exported ledger and a receipt with the code of Go's checksum database (golang.org/x/mod/sumdb),
// which we did not write: go run verify.go FOLDER
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	check(err)
	return data
}

// open checks the signature and gives size and root of a checkpoint.
func open(data []byte, key string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(key)
	check(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return size, root
}

func path(index int64, width int64) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	if width < 256 {
		name += fmt.Sprintf(".p/%d", width)
	}
	return name
}

func main() {
	folder := os.Args[1]
	key := strings.TrimSpace(string(read(folder, "key")))
	size, root := open(read(folder, "checkpoint"), key)

	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, hashes[index])
		}
		return found, nil
	})
	for number, bundle := int64(0), int64(0); number < size; bundle++ {
		width := size - number
		if width > 256 {
			width = 256
		}
		data := read(folder, "tile/entries", path(bundle, width))
		for ; width > 0; width-- {
			length := binary.BigEndian.Uint16(data)
			stored, err := tlog.StoredHashes(number, data[2:2+length], reader)
			check(err)
			hashes = append(hashes, stored...)
			data = data[2+length:]
			number++
		}
	}
	computed, err := tlog.TreeHash(size, reader)
	check(err)
	if computed != root {
		log.Fatalf("root %v, signed %v", computed, root)
	}
	fmt.Printf("%d entries give the signed root %v\n", size, root)

	receipts, err := filepath.Glob(filepath.Join(folder, "*.tlog-proof"))
	check(err)
	for _, name := range receipts {
		head, signed, _ := bytes.Cut(read(name), []byte("\n\n"))
		lines := strings.Split(string(head), "\n")
		entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
		check(err)
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
		check(err)
		var proof tlog.RecordProof
		for _, line := range lines[3:] {
			hash, err := tlog.ParseHash(line)
			check(err)
			proof = append(proof, hash)
		}
		size, root := open(signed, key)
		check(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)))
		fmt.Printf("%s proves entry %d\n", filepath.Base(name), index)
	}
}
