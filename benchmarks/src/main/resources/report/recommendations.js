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

  const ours = scenarios.flatMap(scenario => scenario.engines)
    .filter(engine => engine.name === 'turnstile');
  const fronts = ours.map(front);
  const runs = runsOf({engines: ours});
  const most = (items, value) => items.toSorted((a, b) => value(b) - value(a))[0];
  const cpu = processes => sum(processes.map(each => each.cpu_cores_mean));
  const inOrder = [];
  const advise = (basis, text) => basis && inOrder.push(text(basis));

  advise(most(runs.flatMap(run => run.search).filter(step => step.held), step => step.offered_per_s),
    step => `Rate: ${fixed(step.offered_per_s, 0)}/s is the highest rate tried that held the`
      + ` latency objective (p99 ${fixed(step.p99_ms, 0)} ms). Plan for`
      + ` ${fixed(step.offered_per_s * planned, 0)}/s per machine like this one,`
      + ` ${fixed(planned * 100, 0)} % of it: the rest is for catching up after a failure.`);

  const busiest = most(fronts.filter(run =>
    run.throughput && run.environment && cpu(run.resources) > 0), rate);
  advise(busiest, ({environment, resources, scenario}) => {
    const used = cpu(resources) / environment.cores;
    const memory = sum(resources.map(each => each.rss_max_mb)) / 1024 / environment.memory_gb;
    const shares = resources.filter(each => isNumber(each.cpu_cores_mean))
      .sort((a, b) => b.cpu_cores_mean - a.cpu_cores_mean)
      .map(each => each.process + ' ' + fixed(each.cpu_cores_mean, 2)).join(', ');
    return (used >= memory ? 'The CPU saturates first' : 'Memory is used up first')
      + `: at ${fixed(rate(busiest), 0)}/s (${scenario}) ${fixed(used * 100, 0)} % of`
      + ` ${environment.cores} cores and ${fixed(memory * 100, 0)} % of the memory were in use.`
      + ` Cores by process: ${shares}.`
      + (used >= saturated ? ' There is nothing left: more throughput takes more cores, or the broker'
        + ' and the load on machines of their own.' : '');
  });

  advise(busiest && cpu(busiest.resources.filter(each => each.process.startsWith('taskmanager'))),
    cores => {
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
    });

  // The seconds with a checkpoint, compared to those without.
  const mean = (run, during) => {
    const seconds = run.latency_ms.series.filter(second => run.checkpoints.some(each =>
      each.at_s < second.t + 1 && each.at_s + each.duration_ms / 1000 >= second.t) === during);
    return sum(seconds.map(second => second.p99)) / seconds.length;
  };
  advise(fronts.filter(run => run.latency_ms && run.faults.length === 0)
    .find(run => mean(run, true) / mean(run, false) >= 1.3 && mean(run, false) > 0),
  run => `Checkpoints: in ${run.scenario} the p99 of seconds with a checkpoint is`
    + ` ${fixed(mean(run, true), 1)} ms, of the others ${fixed(mean(run, false), 1)} ms.`
    + ' Checkpoints further apart, or smaller write buffers, make the tail shorter.');

  advise(fronts.flatMap(run => run.resources.map(process => ({run, process})))
    .find(({run, process}) => process.gc_pause_max_ms > 0.5 * committed('p999')(run)),
  ({run, process}) => `Garbage collection: in ${run.scenario} the longest pause of`
    + ` ${process.process} (${fixed(process.gc_pause_max_ms, 0)} ms) reaches into the p99.9`
    + ` (${fixed(committed('p999')(run), 0)} ms). A smaller young generation, or a larger heap,`
    + ' may shorten it.');

  const lag = run => (run.consumer_lag?.series ?? []).map(point => point[1]);
  advise(fronts.filter(run => run.faults.length === 0 && lag(run).length >= 10)
    .find(run => lag(run).at(-1) > run.load?.offered_per_s
      && lag(run).at(-1) > 1.5 * lag(run)[lag(run).length >> 1]),
  run => `Lag: in ${run.scenario} it was still growing at the end (${fixed(lag(run).at(-1), 0)}`
    + ` records): the engine does not keep up with ${fixed(run.load.offered_per_s, 0)}/s on this`
    + ' machine.');

  const recovered = runs.flatMap(run => run.faults.map(fault => ({scenario: run.scenario, fault})))
    .filter(({fault}) => isNumber(fault.caught_up_after_s) && isNumber(fault.first_verdict_after_s));
  advise(most(recovered, ({fault}) => fault.caught_up_after_s),
    ({scenario, fault}) => `Recovery: the slowest was ${fault.fault} (${scenario}), first verdict`
      + ` after ${fixed(fault.first_verdict_after_s, 1)} s, caught up after`
      + ` ${fixed(fault.caught_up_after_s, 1)} s. Alert on consumer lag only after longer than that,`
      + ' and keep clients\' own timeouts above it.');

  const p99 = engine => sorted(engine.runs.map(committed('p99')));
  advise(ours.find(engine => p99(engine).at(-1) > p99(engine)[0] * noisy),
    engine => `Spread: the p99 of the repeats of ${engine.runs[0].scenario} lies between`
      + ` ${fixed(p99(engine)[0], 1)} and ${fixed(p99(engine).at(-1), 1)} ms. Judge by ratios within`
      + ' a run of several engines, or repeat more often.');

  advise(most(scenarios.flatMap(runsOf).filter(({environment}) =>
    environment && environment.load_before > busyBefore * environment.cores),
  run => run.environment.load_before),
  run => `Quiet: before ${run.scenario} on ${run.engine} the machine already had a load of`
    + ` ${fixed(run.environment.load_before, 1)} on ${run.environment.cores} cores. Other work`
    + ' makes tails longer; repeat on a quiet machine before you judge by them.');

  return inOrder;
}
