// Checks that a webhook comes from Signoff. Go 1.21 or newer, nothing to install.

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const tolerance = 300 * time.Second

var (
	number    = regexp.MustCompile(`^[0-9]{1,12}$`)
	messageID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)
)

// Verify returns whether one of the secrets has signed this body, and just now.
//
// Secrets: the webhook's secret; while you replace it, the old and the new one.
// Body: the bytes as they came in, before anything has parsed them.
func Verify(secrets []string, headers http.Header, body []byte, now time.Time) bool {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	if !number.MatchString(timestamp) {
		return false
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	isRight := false
	for _, secret := range secrets {
		digest := sum(key(secret), []byte(id+"."+timestamp+"."), body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(digest))
		// While Signoff replaces a secret, the header holds a signature of each.
		for _, signature := range strings.Fields(headers.Get("webhook-signature")) {
			isRight = hmac.Equal(expected, []byte(signature)) || isRight
		}
	}
	return isRight
}

// VerifyDatabricks returns whether one of the secrets has signed this body, no matter when.
func VerifyDatabricks(secrets []string, headers http.Header, body []byte) bool {
	signature := []byte(headers.Get("X-Databricks-Signature"))
	isRight := false
	for _, secret := range secrets {
		expected := hex.EncodeToString(sum([]byte(secret), body))
		isRight = hmac.Equal([]byte(expected), signature) || isRight
	}
	return isRight
}

// Keep keeps a body to work on later; it returns false if this message was here before.
func Keep(folder, id string, body []byte) (bool, error) {
	if !messageID.MatchString(id) {
		return false, errors.New("not an id")
	}
	draft, err := os.CreateTemp(folder, ".draft-")
	if err != nil {
		return false, err
	}
	defer os.Remove(draft.Name())
	defer draft.Close()
	if _, err := draft.Write(body); err != nil {
		return false, err
	}
	if err := draft.Sync(); err != nil {
		return false, err
	}
	err = os.Link(draft.Name(), filepath.Join(folder, id+".json"))
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

func sum(key []byte, parts ...[]byte) []byte {
	digest := hmac.New(sha256.New, key)
	for _, part := range parts {
		digest.Write(part)
	}
	return digest.Sum(nil)
}

func key(secret string) []byte {
	if text, found := strings.CutPrefix(secret, "whsec_"); found {
		if bytes, err := base64.StdEncoding.Strict().DecodeString(text); err == nil {
			return bytes
		}
	}
	return []byte(secret) // any other secret is its own text
}
