#!/usr/bin/env bash
# Fuzzes what reads a stranger's bytes: every @FuzzTest of the tree, each in a Java of its own (Jazzer fuzzes one in
# each), as many at once as there are processors. Called by ./run-tests fuzz.
#
#   fuzz.sh [--seconds N | --minutes N] [WORD...]    N for each target, 5 seconds by default; with words only the
#                                                    targets that have one of them in their name
#
# What it learns stays in var/fuzz/corpus and is where the next run begins; what it finds is in var/fuzz/found, and is
# told with how to make a seed of it. Exits 1 if it found anything.
set -euo pipefail
lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$lab/lib.sh"
cd "$repository_root"
out=$repository_root/var/fuzz

# What Jazzer looks for besides (SQL, scripts, LDAP...) is nothing that these parsers could reach; leaving it out
# makes each start shorter.
sanitizers=''
for each in ClojureLangHooks ExpressionLanguageInjection LdapInjection NamingContextLookup RegexRoadblocks \
  ScriptEngineInjection SqlInjection XPathInjection; do
  sanitizers+=com.code_intelligence.jazzer.sanitizers.$each:
done

# Every target, one a line: MODULE CLASS METHOD.
targets() {
  local file module class
  grep -rl --include='*FuzzTest.java' '@FuzzTest' -- */src */*/src | LC_ALL=C sort | while read -r file; do
    module=${file%%/src/test/java/*}
    class=${file#*/src/test/java/}; class=${class%.java}
    awk -v at="$module ${class//\//.}" '/@FuzzTest/ { is = 1; next }
      is && match($0, /void [A-Za-z0-9]+\(/) { print at, substr($0, RSTART + 5, RLENGTH - 6); is = 0 }' "$file"
  done
}

# Compiles the modules, tests included, and leaves the class path of each in target/fuzz.classpath.
build() {
  local modules
  modules=$(cut -d' ' -f1 "$out/targets" | sort -u | paste -sd,)
  mvn -B -Dfast -pl "$modules" -am test-compile dependency:build-classpath -Dmdep.outputFile=target/fuzz.classpath \
    >"$out/build.log" 2>&1 || { tail -20 "$out/build.log" >&2; die "the build failed"; }
}

# fuzz_one SECONDS MODULE CLASS METHOD
fuzz_one() {
  local seconds=$1 module=$2 class=$3 method=$4 name=$3.$4 compiler=() begin=() runs
  # Short runs end before Java's better compiler has paid for itself. They guard what is being changed, so that they
  # begin alike each time and fail for the change, not for their luck; new ground is for the longer runs.
  [ "$seconds" -gt 30 ] || compiler=(-XX:TieredStopAtLevel=1) begin=(-seed=1)
  mkdir -p "$out/corpus/$name" "$out/found" "$out/logs"
  # Several of our packages log what they refuse, which is all that a fuzzer makes them do.
  if java -Xmx512m -XX:+UseSerialGC "${compiler[@]}" --enable-native-access=ALL-UNNAMED \
    -cp "$module/target/test-classes:$module/target/classes:$(cat "$module/target/fuzz.classpath")" \
    com.code_intelligence.jazzer.Jazzer "--target_class=$class" "--target_method=$method" \
    "--disabled_hooks=$sanitizers" '--instrumentation_includes=org.hospes.**' '--custom_hook_includes=org.hospes.**' \
    "--reproducer_path=$out/found" "-artifact_prefix=$out/found/$name-" \
    "-max_total_time=$seconds" "${begin[@]}" -timeout=20 -rss_limit_mb=0 "$out/corpus/$name" >"$out/logs/$name" 2>&1; then
    runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$out/logs/$name")
    # A target that never ran has found nothing, either.
    [ "${runs:-0}" -gt 0 ] && { echo "$name: $runs runs" >&2; return; }
  fi
  explain "$module" "$class" "$method" >&2
  echo "$name" >>"$out/failed"
}

explain() {
  local module=$1 class=$2 method=$3 name=$2.$3 found seeds
  found=$(sed -n 's/.*Test unit written to \(.*\)$/\1/p' "$out/logs/$name" | head -1)
  echo "$name: FOUND"
  { grep -m1 -A4 -E '^== Java|ERROR: libFuzzer|Exception in|^Exception|Error:' "$out/logs/$name" || tail -5 "$out/logs/$name"; } \
    | sed 's/^/    /'
  echo "    all of it: $out/logs/$name"
  [ -n "$found" ] || return 0
  seeds=$module/src/test/resources/${class//./\/}Inputs/$method
  echo "    to see it again, and to keep it as a seed:"
  echo "      mkdir -p $seeds && cp $found $seeds/A-NAME"
  echo "      mvn -Dfast -pl $module -am test -Dtest=${class##*.} -Dsurefire.failIfNoSpecifiedTests=false"
}

seconds=5 words=()
while [ $# != 0 ]; do
  case $1 in
    --one) fuzz_one "${@:2}"; exit 0 ;;
    --seconds) seconds=$2; shift ;;
    --minutes) seconds=$(($2 * 60)); shift ;;
    -*) sed -n '2,10p' "${BASH_SOURCE[0]}" | cut -c3- >&2; exit 2 ;;
    *) words+=("$1") ;;
  esac
  shift
done

mkdir -p "$out"
rm -f "$out/failed"
targets >"$out/targets"
if [ ${#words[@]} != 0 ]; then
  grep -F "$(printf '%s\n' "${words[@]}")" "$out/targets" >"$out/chosen" || die "no fuzz target has ${words[*]} in its name"
  mv "$out/chosen" "$out/targets"
fi
build
say "fuzzing $(wc -l <"$out/targets") targets, $seconds s each"
xargs -P "$(nproc)" -L 1 "$lab/fuzz.sh" --one "$seconds" <"$out/targets"
[ ! -e "$out/failed" ] || die "$(wc -l <"$out/failed") targets found something"
