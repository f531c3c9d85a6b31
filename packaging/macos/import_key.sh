#!/bin/sh
# Puts the signing key of a release into a keychain of its own, where the workflow has one.
# Without CERTIFICATE (a .p12 in base64) it does nothing, and the application is signed ad hoc.
set -eu
if [ -z "${CERTIFICATE:-}" ]; then
    echo "There is no key: the application will be signed ad hoc."
    exit
fi
keychain=$RUNNER_TEMP/eremo.keychain-db
password=$(uuidgen)
printf %s "$CERTIFICATE" | base64 --decode >"$RUNNER_TEMP/key.p12"
security create-keychain -p "$password" "$keychain"
security set-keychain-settings -lut 21600 "$keychain"
security unlock-keychain -p "$password" "$keychain"
security import "$RUNNER_TEMP/key.p12" -k "$keychain" -P "$CERTIFICATE_PASSWORD" -T /usr/bin/codesign
rm "$RUNNER_TEMP/key.p12"
security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" >/dev/null
security list-keychain -d user -s "$keychain"
echo "EREMO_CODESIGN_IDENTITY=$IDENTITY" >>"$GITHUB_ENV"
if [ -n "${APPLE_ID:-}" ]; then
    xcrun notarytool store-credentials eremo --apple-id "$APPLE_ID" --team-id "$APPLE_TEAM" \
        --password "$APPLE_PASSWORD" --keychain "$keychain"
    echo "EREMO_NOTARY_PROFILE=eremo" >>"$GITHUB_ENV"
fi
