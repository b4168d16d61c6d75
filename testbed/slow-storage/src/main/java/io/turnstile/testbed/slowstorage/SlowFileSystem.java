package io.turnstile.testbed.slowstorage;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** The local file system, but closing a file that was written takes time. Thread-safe. */
final class SlowFileSystem extends LocalFileSystem {

  private static final URI ROOT = URI.create(SlowStorageFactory.SCHEME + ":///");

  private final long closeDelayNanos;

  SlowFileSystem(Duration closeDelay) {
    this.closeDelayNanos = closeDelay.toNanos();
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public FSDataOutputStream create(Path file, WriteMode overwrite) throws IOException {
    return new SlowToClose(super.create(file, overwrite));
  }

  private final class SlowToClose extends FSDataOutputStream {

    private final FSDataOutputStream file;
    private boolean closed;

    SlowToClose(FSDataOutputStream file) {
      this.file = file;
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        long end = System.nanoTime() + closeDelayNanos;
        for (long left = closeDelayNanos;
            left > 0 && !Thread.currentThread().isInterrupted();
            left = end - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
      file.close();
    }

    @Override
    public long getPos() throws IOException {
      return file.getPos();
    }

    @Override
    public void write(int value) throws IOException {
      file.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      file.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      file.flush();
    }

    @Override
    public void sync() throws IOException {
      file.sync();
    }
  }
}
