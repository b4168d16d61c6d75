package io.turnstile.bench.jmeter;

import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.apache.jmeter.config.Arguments;
import org.apache.jmeter.protocol.java.sampler.AbstractJavaSamplerClient;
import org.apache.jmeter.protocol.java.sampler.JavaSamplerContext;
import org.apache.jmeter.samplers.SampleResult;
import org.apache.jorphan.util.JMeterStopTestException;
import org.apache.jorphan.util.JMeterStopThreadException;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A sampler for JMeter's <em>Java Request</em>. Each sample is a transaction of a scenario's load:
 * it begins when the transaction was meant to be sent, and ends with its committed verdict, whose
 * outcome is the response code. It fails if none comes within 30 s. The audit says by the ledger if
 * the verdicts are right.
 */
public final class TransactionSampler extends AbstractJavaSamplerClient {

  private static final String LABEL = "transaction";

  /** One for all threads of a test; the next test has another. */
  private static LoadSession session;

  private LoadSession mine;

  @Override
  public Arguments getDefaultParameters() {
    Arguments arguments = new Arguments();
    for (OptionSpec option : SamplerOptions.all()) {
      String usual =
          option.longestName().equals("--bootstrap-servers")
              ? "localhost:9092"
              : Objects.requireNonNullElse(option.defaultValue(), "");
      arguments.addArgument(
          SamplerOptions.parameter(option), usual, "", String.join(" ", option.description()));
    }
    return arguments;
  }

  @Override
  public void setupTest(JavaSamplerContext context) {
    try {
      mine = shared(context);
    } catch (IOException | ScenarioException | IllegalArgumentException e) {
      throw new JMeterStopTestException("no load: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JMeterStopThreadException("the test was ended", e);
    }
  }

  private static synchronized LoadSession shared(JavaSamplerContext context)
      throws IOException, InterruptedException, ScenarioException {
    if (session == null) {
      SamplerOptions options = SamplerOptions.read(name -> context.getParameter(name, ""));
      // The engines are not asked for their names: what they run on is not in JMeter's class path.
      LoadProfile load = Scenarios.read(options.scenario, List.of()).load();
      session =
          new LoadSession(
              KafkaConnection.of(options.kafka),
              load,
              options.rate == null ? load.meanRate() : options.rate,
              TokenIssuer.load(
                  options.signingKey, load.tokenLifetime(), options.tokenClaims.claims()),
              options.ledger);
    }
    return session;
  }

  @Override
  public SampleResult runTest(JavaSamplerContext context) {
    LoadSession.Exchange exchange;
    try {
      exchange = mine.exchange();
    } catch (IOException | RuntimeException e) {
      return failed(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed("the test was ended");
    }
    if (exchange == null) {
      throw new JMeterStopThreadException("the load is over");
    }
    long end = System.currentTimeMillis() - millis(System.nanoTime() - exchange.doneNanos());
    long elapsed = millis(exchange.doneNanos() - exchange.intendedNanos());
    SampleResult result = SampleResult.createTestSample(end - elapsed, end);
    result.setSampleLabel(LABEL);
    result.setSuccessful(exchange.outcome() != null);
    result.setResponseCode(Objects.requireNonNullElse(exchange.outcome(), "no verdict"));
    return result;
  }

  private static long millis(long nanos) {
    return Math.round(nanos / 1e6);
  }

  private static SampleResult failed(String why) {
    SampleResult result = SampleResult.createTestSample(0);
    result.setSampleLabel(LABEL);
    result.setSuccessful(false);
    result.setResponseCode("error");
    result.setResponseMessage(why);
    return result;
  }

  /** JMeter calls this for each thread, but only after all of them have ended. */
  @Override
  public void teardownTest(JavaSamplerContext context) {
    endSession();
  }

  private static synchronized void endSession() {
    if (session != null) {
      try {
        session.close();
      } catch (IOException e) {
        throw new IllegalStateException("the ledger could not be written: " + e.getMessage(), e);
      } finally {
        session = null;
      }
    }
  }
}
