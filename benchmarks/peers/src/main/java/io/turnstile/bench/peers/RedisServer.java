package io.turnstile.bench.peers;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.embedded.core.ExecutableProvider;

/**
 * The Redis of the peer <em>redis-recipe</em>, on this machine only; ends when this process does.
 */
@Command(name = "redis", description = "Runs a Redis that writes what it is told to a log.")
public final class RedisServer implements Callable<Integer> {

  static final String HOST = "127.0.0.1";

  /** Ends when Redis does; standard input ends when this JVM does, also when it is killed. */
  private static final String END_WITH_PARENT =
      """
      trap '' INT HUP TERM
      exec 3<&0
      "$@" </dev/null 3<&- & redis=$!
      (read -r end <&3; kill -KILL $redis) &
      wait $redis
      """;

  private static final long START_SECONDS = 30;

  @Option(names = "--port", required = true, description = "Where it listens")
  private int port;

  @Option(names = "--directory", required = true, description = "Of its log")
  private Path directory;

  public static void main(String[] args) {
    System.exit(new CommandLine(new RedisServer()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Files.createDirectories(directory);
    File program = ExecutableProvider.newJarResourceProvider().get();
    Process shell =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                END_WITH_PARENT,
                // By this a testbed finds what it has left behind.
                "-Dturnstile.testbed=" + System.getProperty("turnstile.testbed"),
                program.getPath(),
                "--bind",
                HOST,
                "--port",
                Integer.toString(port),
                "--dir",
                directory.toString(),
                "--save",
                "",
                "--appendonly",
                "yes")
            .redirectErrorStream(true)
            .redirectOutput(Redirect.INHERIT)
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!answers()) {
      if (!shell.isAlive() || System.nanoTime() > deadline) {
        System.err.println("Redis does not answer on port " + port);
        return 1;
      }
      Thread.sleep(50);
    }
    System.out.println(PeerOptions.READY);
    return shell.waitFor();
  }

  private boolean answers() {
    try (Jedis redis = new Jedis(HOST, port)) {
      return redis.ping().equals("PONG");
    } catch (JedisConnectionException e) {
      return false;
    }
  }
}
