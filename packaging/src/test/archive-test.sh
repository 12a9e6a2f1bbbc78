#!/bin/sh
# Tries the unpacked archive given as $1: launchers, libraries, units. Needs no site.
set -eu
home=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

ok() { printf 'ok      %s\n' "$1"; }
bad() {
  printf 'FAILED  %s\n' "$1" >&2
  failed=1
}
# says WORD TEXT NAME: TEXT has WORD in it
says() {
  case $2 in
    *"$1"*) ok "$3" ;;
    *) bad "$3: expected '$1' in: $2" ;;
  esac
}

# The jars that a jar's manifest names, one a line.
class_path() {
  unzip -p "$1" META-INF/MANIFEST.MF | tr -d '\r' | awk '
    /^ / { sub(/^ /, ""); line = line $0; next }
    { if (line ~ /^Class-Path: /) print substr(line, 13); line = $0 }
    END { if (line ~ /^Class-Path: /) print substr(line, 13) }' | tr ' ' '\n' | sed '/^$/d'
}

# A JDK of any version, whose java prints what it was asked.
jdk() {
  mkdir -p "$work/jdk $1/bin"
  printf 'JAVA_VERSION="%s"\n' "$2" >"$work/jdk $1/release"
  # shellcheck disable=SC2016 # for the shell that runs what is written
  printf '#!/bin/sh\nfor word; do printf "[%%s]" "$word"; done; echo\n' >"$work/jdk $1/bin/java"
  chmod +x "$work/jdk $1/bin/java"
}
jdk old 11.0.25
jdk now 17.0.15
jdk new 25

mkdir "$work/a folder"
for program in workspace workspace-service node-agent image-repo; do
  link="$work/a folder/$program"
  ln -s "$home/bin/$program" "$work/$program.first"
  ln -s "$work/$program.first" "$link"

  said=$(JAVA_HOME="$work/jdk old" "$link" 2>&1) && bad "$program started on Java 11"
  says 'Java 17 or newer is needed' "$said" "$program refuses Java 11, and says why"

  said=$(JAVA_HOME="$work/nowhere" "$link" 2>&1) && bad "$program started without a Java"
  says 'JAVA_HOME' "$said" "$program names a JAVA_HOME that is not there"

  said=$(JAVA_HOME="$work/jdk now" HOSPES_JAVA_OPTS='-Xmx64m -Dx=y' "$link" 'two words' '' '*')
  says '.Main][two words][][*]' "$said" "$program hands its arguments on untouched, through links"
  says '[-Xmx64m][-Dx=y][-cp]' "$said" "$program takes HOSPES_JAVA_OPTS last"

  said=$(JAVA_HOME="$work/jdk new" "$link")
  says '--sun-misc-unsafe-memory-access' "$said" "$program keeps Java 25 quiet"

  main=$(sed -n 's/^main=//p' "$home/bin/$program")
  jar=$(echo "$home/lib/$(sed -n 's/^program=//p' "$home/bin/$program")"-[0-9]*.jar)
  class=$(printf '%s' "$main" | tr . /).class
  if unzip -l "$jar" "$class" >/dev/null 2>&1; then
    ok "$main is in its jar"
  else
    bad "$main is not in $jar"
  fi
  # Each program's jar names the jars it needs: all must be there.
  missing=$(class_path "$jar" | while read -r name; do [ -f "$home/lib/$name" ] || echo "$name"; done)
  if [ -z "$missing" ]; then
    ok "$program finds all its libraries"
  else
    bad "$program asks for libraries that are not in lib: $missing"
  fi
  # A test scope in a program's POM quietly takes a library away from the module that needs it.
  class_path "$jar" | sort >"$work/has"
  narrowed=$(grep '^hospes-' "$work/has" | while read -r ours; do
    class_path "$home/lib/$ours" | sort | comm -23 - "$work/has" | sed "s/\$/ (for $ours)/"
  done)
  if [ -z "$narrowed" ]; then
    ok "$program brings what its parts need"
  else
    bad "$program lacks on its class path: $narrowed"
  fi
done

for one in LICENSE etc/hospes systemd/hospes-workspace-service.service \
  share/bash-completion/completions/workspace share/wsdl/workspace.wsdl; do
  if [ -e "$home/$one" ]; then ok "has $one"; else bad "$one is missing"; fi
done

for program in workspace-service node-agent image-repo; do
  if [ -f "$home/etc/hospes/$program.yaml" ]; then
    ok "has a sample configuration for $program"
  else
    bad "etc/hospes/$program.yaml is missing"
  fi
done

doubles=$(find "$home/lib" -name '*.jar' -exec basename {} \; | sed 's/-[0-9][^/]*\.jar$//' | sort | uniq -d)
if [ -z "$doubles" ]; then ok 'every library is there once'; else bad "more than one version of: $doubles"; fi

completion=$home/share/bash-completion/completions/workspace
if [ -f "$completion" ] && command -v bash >/dev/null 2>&1; then
  if bash -n "$completion" && grep -q deploy "$completion"; then
    ok 'bash takes the completion'
  else
    bad "$completion is not a completion"
  fi
fi

exit "$failed"
