package io.turnstile.bench.jtl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.jtl.ImportCommand.JtlFile;
import io.turnstile.bench.run.SampledRun.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JtlFileTest {

  private static final String COLUMNS =
      "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,allThreads\n";

  @TempDir private Path directory;

  @Test
  void samplesOfOurSamplerAreRead() throws IOException {
    JtlFile content =
        read(
            COLUMNS
                + "1000,12,transaction,accepted,,Senders 1-1,true,2\n"
                + "1001,30000,transaction,no verdict,,Senders 1-2,false,3\n"
                + "1002,5,HTTP Request,200,OK,Senders 1-2,true,3\n"
                + "1003,0,transaction,error,\"no broker, no topic\",Senders 1-2,false,1\n");

    assertThat(content.samples())
        .containsExactly(new Sample(1000, 12, true), new Sample(1001, 30000, false));
    assertThat(content.notSent()).isEqualTo(1);
    assertThat(content.firstFailure()).isEqualTo("no broker, no topic");
    assertThat(content.threads()).isEqualTo(3);
  }

  /** As the plan for a gateway, or Locust, writes them. */
  @Test
  void requestOverHttpIsASampleWhateverItsStatus() throws IOException {
    JtlFile content =
        read(
            """
            timeStamp,elapsed,label,responseCode,responseMessage,success,allThreads
            1000,12,transaction,200,,true,2
            1001,7,transaction,401,,true,2
            1002,3,transaction,503,status 503 instead of 200,false,2
            1003,0,transaction,0,"refused, at once",false,2
            1004,9,transaction,Non HTTP response code: java.net.SocketException,,false,2
            """);

    assertThat(content.samples())
        .extracting(Sample::answered)
        .containsExactly(true, true, false, false, false);
    assertThat(content.notSent()).isZero();
    assertThat(content.threads()).isEqualTo(2);
  }

  @Test
  void fileWithoutTheColumnsIsRefused() {
    assertThatThrownBy(() -> read("<?xml version=\"1.0\"?>\n<testResults/>\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("samples.jtl", "timeStamp");
  }

  @Test
  void lineThatIsNoSampleIsRefused() {
    assertThatThrownBy(() -> read(COLUMNS + "now,12,transaction,accepted,,a,true,2\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("samples.jtl", "now");
  }

  private JtlFile read(String text) throws IOException {
    return JtlFile.read(Files.writeString(directory.resolve("samples.jtl"), text));
  }
}
