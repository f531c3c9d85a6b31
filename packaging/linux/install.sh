#!/bin/sh
# Puts Eremo into the menu of this user, from wherever this folder lies; --remove takes it out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}
id=org.eremo.Eremo

refresh() {
    if command -v update-desktop-database >/dev/null; then
        update-desktop-database -q "$share/applications" || true
    fi
    if command -v update-mime-database >/dev/null; then
        update-mime-database "$share/mime" || true
    fi
}

remove() {
    rm -f "$share/applications/$id.desktop" "$share/mime/packages/$id.xml"
    rm -f "$share/icons/hicolor/scalable/apps/$id.svg"
    for icon in "$here"/share/icons/hicolor/*/apps/"$id.png"; do
        rm -f "$share/icons/hicolor${icon#"$here"/share/icons/hicolor}"
    done
}

if [ "${1:-}" = --remove ]; then
    remove
    refresh
    echo "Eremo is out of the menu. To remove it, delete $here; your chats stay where they are."
    exit
fi
mkdir -p "$share/applications" "$share/mime/packages" "$share/icons"
cp -R "$here/share/icons/." "$share/icons/"
cp "$here/share/mime/packages/$id.xml" "$share/mime/packages/"
# In a desktop entry a quoted path may hold spaces; these four characters need a backslash.
quoted=$(printf %s "$here/eremo" | sed 's/[\\"`$]/\\&/g')
while IFS= read -r line; do
    case $line in
    Exec=*) printf 'Exec="%s" open %%f\n' "$quoted" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$here/share/applications/$id.desktop" >"$share/applications/$id.desktop"
refresh
echo "Eremo is in the menu. $here/install.sh --remove takes it out again."
