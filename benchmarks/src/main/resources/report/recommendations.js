'use strict';

/**
 * What the results of the engine turnstile advise. Each piece of advice states the metrics that it
 * rests on; where they say nothing, nothing is advised.
 */
function recommendations(scenarios) {
  // What load a resource should have at most in production, to leave room for catching up.
  const planned = 0.7;
  const saturated = 0.85;
  const noisy = 1.25;
  const busyBefore = 0.3;

  const every = scenarios.flatMap(runsOf);
  const ours = scenarios.flatMap(scenario => scenario.engines)
    .filter(engine => engine.name === 'turnstile');
  const fronts = ours.map(engine => engine.runs[engine.front]);
  const runs = ours.flatMap(engine => engine.runs);
  const most = (items, value) => items.reduce(
    (best, item) => best === undefined || value(item) > value(best) ? item : best, undefined);
  const cpu = run => sum(run.resources.map(each => each.cpu_cores_mean));

  function highestRate() {
    const step = most(runs.flatMap(run => run.search).filter(each => each.held),
      each => each.offered_per_s);
    return step && `Rate: ${fixed(step.offered_per_s, 0)}/s is the highest rate tried that held the`
      + ` latency objective (p99 ${fixed(step.p99_ms, 0)} ms). Plan for`
      + ` ${fixed(step.offered_per_s * planned, 0)}/s per machine like this one,`
      + ` ${fixed(planned * 100, 0)} % of it: the rest is for catching up after a failure.`;
  }

  const busiest = most(fronts.filter(run => run.throughput && run.environment && cpu(run) > 0), rate);

  function saturation() {
    if (!busiest) {
      return null;
    }
    const cores = busiest.environment.cores;
    const used = cpu(busiest) / cores;
    const memory = sum(busiest.resources.map(each => each.rss_max_mb)) / 1024
      / busiest.environment.memory_gb;
    const shares = busiest.resources.filter(each => isNumber(each.cpu_cores_mean))
      .sort((a, b) => b.cpu_cores_mean - a.cpu_cores_mean)
      .map(each => each.process + ' ' + fixed(each.cpu_cores_mean, 2)).join(', ');
    return (used >= memory ? 'The CPU saturates first' : 'Memory is used up first')
      + `: at ${fixed(rate(busiest), 0)}/s (${busiest.scenario}) ${fixed(used * 100, 0)} % of`
      + ` ${cores} cores and ${fixed(memory * 100, 0)} % of the memory were in use.`
      + ` Cores by process: ${shares}.`
      + (used >= saturated ? ' There is nothing left: more throughput takes more cores, or the broker'
        + ' and the load on machines of their own.' : '');
  }

  function parallelism() {
    const cores = busiest && sum(busiest.resources
      .filter(each => each.process.startsWith('taskmanager')).map(each => each.cpu_cores_mean));
    if (!cores) {
      return null;
    }
    const perCore = rate(busiest) / cores;
    const plan = [10000, 50000, 100000].map(wanted => {
      const slots = Math.ceil(wanted / perCore / planned);
      return `${fixed(wanted, 0)}/s: parallelism ${slots}, ${2 * slots} input partitions,`
        + ` ${4 * slots} lanes`;
    }).join('; ');
    return `Parallelism and partitions: a TaskManager core carries ${fixed(perCore, 0)} verdicts/s`
      + ` (${busiest.scenario}). With cores ${fixed(planned * 100, 0)} % busy, one slot for each:`
      + ` ${plan}. Lanes are fixed when the topics are made, so take 2 to 4 for each slot planned.`
      + ' Beyond the rates measured this is extrapolated.';
  }

  /** Compares the seconds with a checkpoint to those without. */
  function checkpoints() {
    const mean = (run, during) => {
      const seconds = run.latency_ms.series.filter(second => run.checkpoints.some(each =>
        each.at_s < second.t + 1 && each.at_s + each.duration_ms / 1000 >= second.t) === during);
      return sum(seconds.map(second => second.p99)) / seconds.length;
    };
    const run = fronts.filter(each => each.latency_ms && each.faults.length === 0)
      .find(each => mean(each, true) / mean(each, false) >= 1.3 && mean(each, false) > 0);
    return run && `Checkpoints: in ${run.scenario} the p99 of seconds with a checkpoint is`
      + ` ${fixed(mean(run, true), 1)} ms, of the others ${fixed(mean(run, false), 1)} ms.`
      + ' Checkpoints further apart, or smaller write buffers, make the tail shorter.';
  }

  function garbage() {
    const long = fronts.filter(run => run.latency_ms?.committed).flatMap(run => run.resources
      .filter(each => each.gc_pause_max_ms > 0.5 * committed('p999')(run))
      .map(each => `Garbage collection: in ${run.scenario} the longest pause of ${each.process}`
        + ` (${fixed(each.gc_pause_max_ms, 0)} ms) reaches into the p99.9`
        + ` (${fixed(committed('p999')(run), 0)} ms). A smaller young generation, or a larger heap,`
        + ' may shorten it.'));
    return long[0];
  }

  function lag() {
    const last = run => run.consumer_lag.series.at(-1)[1];
    const run = fronts.find(each => {
      const series = each.consumer_lag?.series ?? [];
      return isNumber(each.load?.offered_per_s) && each.faults.length === 0 && series.length >= 10
        && last(each) > each.load.offered_per_s && last(each) > 1.5 * series[series.length >> 1][1];
    });
    return run && `Lag: in ${run.scenario} it was still growing at the end (${fixed(last(run), 0)}`
      + ` records): the engine does not keep up with ${fixed(run.load.offered_per_s, 0)}/s on this`
      + ' machine.';
  }

  function recovery() {
    const faults = runs.flatMap(run => run.faults.map(fault => ({scenario: run.scenario, fault})))
      .filter(each => isNumber(each.fault.caught_up_after_s)
        && isNumber(each.fault.first_verdict_after_s));
    const worst = most(faults, each => each.fault.caught_up_after_s);
    return worst && `Recovery: the slowest was ${worst.fault.fault} (${worst.scenario}), first`
      + ` verdict after ${fixed(worst.fault.first_verdict_after_s, 1)} s, caught up after`
      + ` ${fixed(worst.fault.caught_up_after_s, 1)} s. Alert on consumer lag only after longer than`
      + ' that, and keep clients\' own timeouts above it.';
  }

  function noise() {
    const p99 = engine => sorted(engine.runs.map(committed('p99')));
    const engine = ours.find(each => p99(each).at(-1) > p99(each)[0] * noisy);
    return engine && `Spread: the p99 of the repeats of ${engine.runs[0].scenario} lies between`
      + ` ${fixed(p99(engine)[0], 1)} and ${fixed(p99(engine).at(-1), 1)} ms. Judge by ratios within`
      + ' a run of several engines, or repeat more often.';
  }

  function busyMachine() {
    const busy = every.filter(run =>
      run.environment && run.environment.load_before > busyBefore * run.environment.cores);
    const run = most(busy, each => each.environment.load_before);
    return run && `Quiet: before ${run.scenario} on ${run.engine} the machine already had a load of`
      + ` ${fixed(run.environment.load_before, 1)} on ${run.environment.cores} cores. Other work`
      + ' makes tails longer; repeat on a quiet machine before you judge by them.';
  }

  return [highestRate(), saturation(), parallelism(), checkpoints(), garbage(), lag(), recovery(),
    noise(), busyMachine()].filter(advice => advice);
}
