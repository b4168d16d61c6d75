package io.turnstile.feeds;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.OptionSources;
import io.turnstile.feeds.publish.StateTopic;
import io.turnstile.feeds.publish.SyncRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code feeds sync}: has a feed pulled now. */
@Command(
    name = "sync",
    description =
        "Have a feed pulled at once, or after the sync that runs, by whatever runner works for it.",
    mixinStandardHelpOptions = true)
final class SyncCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "NAME", description = "The feed.")
  private String name;

  @Mixin private StateTopicOption states;

  @Option(
      names = "--full",
      fallbackValue = OptionSources.ON,
      description = "Read everything, not only what has changed.")
  private boolean full;

  @Override
  public Integer call() throws Exception {
    StateTopic topic = states.topic();
    if (!topic.states().containsKey(name)) {
      throw new CheckFailedException(
          "topic %s has no feed %s: it has never run".formatted(states.name(), name));
    }
    topic.request(name, new SyncRequest(System.currentTimeMillis(), full));
    spec.commandLine().getOut().println("asked for");
    return spec.exitCodeOnSuccess();
  }
}
