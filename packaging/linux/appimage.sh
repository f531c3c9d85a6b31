#!/bin/sh
# Makes an AppImage of the folder that `python packaging/package.py` leaves in build/package/staged.
#   packaging/linux/appimage.sh APPIMAGETOOL OUTPUT
# APPIMAGETOOL is the program of https://github.com/AppImage/appimagetool/releases.
set -eu
tool=$(realpath "$1")
output=$(realpath "$2")
root=$(cd "$(dirname "$0")/../.." && pwd)
id=org.eremo.Eremo
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

staged=$root/build/package/staged
mkdir -p "$folder/usr/lib"
cp -R "$staged/app" "$folder/usr/lib/eremo"
cp -R "$staged/share" "$folder/usr/share"
cp "$staged/share/applications/$id.desktop" "$folder/"
cp "$staged/share/icons/hicolor/scalable/apps/$id.svg" "$folder/"
ln -s "$id.svg" "$folder/.DirIcon"
ln -s usr/lib/eremo/eremo "$folder/AppRun"
"$tool" --no-appstream "$folder" "$output"
