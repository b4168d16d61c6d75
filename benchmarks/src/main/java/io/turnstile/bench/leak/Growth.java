package io.turnstile.bench.leak;

import io.turnstile.bench.result.LeakResult.Verdict;
import io.turnstile.bench.result.Point;
import java.util.List;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.regression.SimpleRegression;

/**
 * The growth of a metric: the slope of a straight line through its samples, with its 95 %
 * confidence interval. Samples that follow each other are alike, which makes the line look surer
 * than it is; the interval is widened for that.
 *
 * @param slope per hour; null if there are too few samples
 * @param low lower end of the confidence interval, per hour
 * @param high upper end
 * @param goesOn whether the second half of the samples still grows, at half the slope or more: what
 *     fills a cache grows, too, but comes to an end
 */
record Growth(Double slope, Double low, Double high, boolean goesOn) {

  /** Fewer samples than these say nothing. */
  static final int MIN_SAMPLES = 12;

  private static final double SECONDS_PER_HOUR = 3600;
  private static final double OUTSIDE_EACH_END = 0.025;

  /** Of samples over seconds, ascending. */
  static Growth of(List<Point> samples) {
    if (samples.size() < MIN_SAMPLES) {
      return new Growth(null, null, null, false);
    }
    SimpleRegression line = fit(samples);
    double slope = line.getSlope() * SECONDS_PER_HOUR;
    double alike = autocorrelation(samples, line);
    double independent = Math.max(3, samples.size() * (1 - alike) / (1 + alike));
    double error = line.getSlopeStdErr() * Math.sqrt(samples.size() / independent);
    double margin =
        new TDistribution(independent - 2).inverseCumulativeProbability(1 - OUTSIDE_EACH_END)
            * (error * SECONDS_PER_HOUR);
    SimpleRegression later = fit(samples.subList(samples.size() / 2, samples.size()));
    return new Growth(
        slope, slope - margin, slope + margin, later.getSlope() >= line.getSlope() / 2);
  }

  /** The verdict if growth of so much in an hour is still none. */
  Verdict verdict(double tolerance) {
    if (slope != null && low > tolerance && goesOn) {
      return Verdict.LEAK;
    }
    return slope != null && high <= tolerance ? Verdict.NO_LEAK : Verdict.NOT_ENOUGH_DATA;
  }

  private static SimpleRegression fit(List<Point> samples) {
    SimpleRegression line = new SimpleRegression();
    samples.forEach(sample -> line.addData(sample.x(), sample.y()));
    return line;
  }

  /** The likeness of the distances of neighbouring samples from the line: 0 not at all, below 1. */
  private static double autocorrelation(List<Point> samples, SimpleRegression line) {
    double products = 0;
    double squares = 0;
    double before = 0;
    for (Point sample : samples) {
      double residual = sample.y() - line.predict(sample.x());
      products += residual * before;
      squares += residual * residual;
      before = residual;
    }
    return squares == 0 ? 0 : Math.min(0.95, Math.max(0, products / squares));
  }
}
