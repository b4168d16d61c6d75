package io.turnstile.feeds;

import io.turnstile.feeds.publish.FeedState;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code feeds status}: where the feeds of a deployment are, by their last commits. */
@Command(
    name = "status",
    description = "Show where each feed is, what it has done, and what goes wrong.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private StateTopicOption states;

  @Option(
      names = "--max-age",
      paramLabel = "DURATION",
      description = "Exit with 1 if the last sync of a feed ended longer ago, or none ever did.")
  private Duration maxAge;

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, FeedState> feeds = states.topic().states();
    // Not before: reading takes seconds, in which feeds go on.
    Instant now = Instant.now();
    boolean late = false;
    for (Map.Entry<String, FeedState> each : feeds.entrySet()) {
      out.println(line(each.getKey(), each.getValue(), now));
      late |= isLate(each.getValue(), now);
    }
    if (feeds.isEmpty()) {
      out.println("topic " + states.name() + " has no feeds");
    }
    out.flush();
    return late ? spec.exitCodeOnExecutionException() : spec.exitCodeOnSuccess();
  }

  private boolean isLate(FeedState state, Instant now) {
    return maxAge != null && now.toEpochMilli() - state.completedAt() > maxAge.toMillis();
  }

  static String line(String name, FeedState state, Instant now) {
    FeedState.Sync sync = state.sync();
    String doing =
        sync == null
            ? "idle"
            : String.format(
                Locale.ROOT,
                "%s sync, %,d pages, %,d records",
                sync.full() ? "full" : "incremental",
                sync.pages(),
                sync.records());
    FeedState.Totals totals = state.totals();
    String failing =
        state.failure() == null
            ? ""
            : "; failing for %s: %s"
                .formatted(ago(state.failure().since(), now), state.failure().message());
    return String.format(
        Locale.ROOT,
        "%s: %s; last sync ended %s; in all %,d syncs, %,d published, %,d deleted, %,d malformed%s",
        name,
        doing,
        state.completedAt() == 0 ? "never" : ago(state.completedAt(), now) + " ago",
        totals.syncs(),
        totals.published(),
        totals.deleted(),
        totals.malformed(),
        failing);
  }

  private static String ago(long millis, Instant now) {
    return Math.max(0, (now.toEpochMilli() - millis) / 1_000) + " s";
  }
}
