package io.turnstile.testbed;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A job that never ends by itself, or whose main method fails with the message it is given. */
public final class SequenceJob {

  private SequenceJob() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      throw new IllegalArgumentException(args[0], new IOException("the reason behind it"));
    }
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    environment
        .fromSequence(0, Long.MAX_VALUE)
        .uid("numbers")
        .sinkTo(new DiscardingSink<>())
        .uid("nowhere");
    environment.execute("sequence");
  }

  public static void writeJar(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, SequenceJob.class.getName());
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream in = SequenceJob.class.getResourceAsStream("SequenceJob.class")) {
      out.putNextEntry(new JarEntry(SequenceJob.class.getName().replace('.', '/') + ".class"));
      in.transferTo(out);
      out.closeEntry();
    }
  }
}
