# Medians over the slices of loadgen, the ratio of the gateway to nginx, and whether the relay was what was measured.
function median(values, count,    i, j, swap) {
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && values[j - 1] + 0 > values[j] + 0; j--) { swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap }
  return count % 2 ? values[(count + 1) / 2] : (values[count / 2] + values[count / 2 + 1]) / 2
}

function of(relay, column,    i) {
  split("", picked)
  for (i = 1; i <= slices[relay]; i++) picked[i] = table[relay, i, column]
  return median(picked, slices[relay])
}

# Ratio of what two relays cost, round by round, so that what disturbs both cancels out.
function ratio_of(relay, other,    i, ratios, middle) {
  for (i = 1; i <= slices[relay]; i++) ratios[i] = table[relay, i, "cpu_us"] / table[other, i, "cpu_us"]
  middle = median(ratios, slices[relay])
  printf "%s / %s: %.3f (rounds from %.3f to %.3f)\n", relay, other, middle, ratios[1], ratios[slices[relay]]
  return middle
}

NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
{
  if (!($2 in slices)) order[++relays] = $2
  slices[$2]++
  for (name in column) table[$2, slices[$2], name] = $(column[name])
}

END {
  if (relays == 0) { print "no figures"; exit 2 }
  print "Medians. us of CPU a message: one crossing of the relay in one direction; a round trip is two."
  printf "  %-10s %8s %8s %8s %10s %9s %9s   %s\n", "relay", "us", "user", "system", "messages/s", "p50 us", "p99 us", "share of a core: relay, idle of it, load generator, upstream"
  for (i = 1; i <= relays; i++) {
    relay = order[i]
    printf "  %-10s %8.2f %8.2f %8.2f %10d %9d %9d   %.0f %%, %.1f %%, %.0f %%, %.0f %%\n", relay, of(relay, "cpu_us"), of(relay, "user_us"), \
      of(relay, "system_us"), of(relay, "per_second"), of(relay, "p50_us"), of(relay, "p99_us"), 100 * of(relay, "relay_share"), \
      100 * of(relay, "core_idle"), 100 * of(relay, "loadgen_share"), 100 * of(relay, "upstream_share")
  }
  print ""
  status = 0
  for (i = 1; i <= relays; i++) {
    relay = order[i]
    if (paced) continue
    if (of(relay, "core_idle") > 0.05) { printf "The core of %s was idle for more than 5 %%: something else was the bottleneck.\n", relay; status = 1 }
    else if (of(relay, "relay_share") < 0.95) printf "%s had less than 95 %% of its core: other programs took the rest. CPU a message is counted all the same.\n", relay
    if (!shared && (of(relay, "loadgen_share") > 0.9 || of(relay, "upstream_share") > 0.9)) { printf "Load generator or upstream was near its limit with %s.\n", relay; status = 1 }
  }
  if ("base" in slices) ratio_of("gateway", "base")
  if ("voice" in slices) { ratio_of("voice", "gateway"); ratio_of("voice", "nginx") }
  if (("nginx" in slices) && ("gateway" in slices) && ratio_of("gateway", "nginx") > limit) { printf "Over the limit of %.2f.\n", limit; status = 1 }
  exit status
}
