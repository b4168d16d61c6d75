package io.turnstile.testbed.container;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Appends the output of a container to a file, until the container ends. */
final class ContainerLogWriter extends ResultCallback.Adapter<Frame> {

  private final OutputStream file;

  ContainerLogWriter(Path path) {
    try {
      file = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void onNext(Frame frame) {
    try {
      file.write(frame.getPayload());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    super.close();
    file.close();
  }
}
