'use strict';

// What the charts show: all engines and repeats of a scenario in each.

const REPEATS = ' Of several repeats, the one in front is that with the median p99; the others are'
  + ' faint.';
const COMMITTED = 'committed verdicts/s';
const byX = points => points.sort((a, b) => a[0] - b[0]);
const measured = series => (series ?? []).filter(point => point[0] >= 0);
// The load ends within the last second.
const wholeSeconds = series => measured(series).slice(0, -1);
const committedRate = run => wholeSeconds(run.throughput?.series);
const seconds = (run, field) => (run.latency_ms?.series ?? [])
  .map(second => [second.t, second.count === 0 ? null : second[field]]);

/** The run to draw in front of its repeats: its p99 is in the middle of all. */
function front(engine) {
  const p99 = run => committed('p99')(run) ?? Number.MAX_VALUE;
  return engine.runs.toSorted((a, b) => p99(a) - p99(b))[(engine.runs.length - 1) >> 1];
}

/** A line for each run that has points; one of each engine is not faint. */
function lines(scenario, points) {
  return scenario.engines.flatMap(engine => {
    const runs = engine.runs.filter(run => points(run).length > 0);
    const inFront = runs.includes(front(engine)) ? front(engine) : runs[0];
    return runs.map(run => ({name: engine.name, style: report.engines.indexOf(engine.name),
      faint: run !== inFront, points: points(run)}));
  });
}

/** Values far apart share a linear axis badly. */
function farApart(series) {
  const values = sorted(series.flatMap(line => line.points.map(point => point[1])));
  return values[0] > 0 && values.at(-1) > 30 * values[values.length >> 1];
}

/** The objectives for a percentile of the committed latency. */
function limits(scenario, percentile) {
  const targets = runsOf(scenario).flatMap(run => run.objectives)
    .filter(each => !each.goal && (each.name + ' ').startsWith('committed ' + percentile + ' '))
    .map(each => /^<=?\s*([0-9.]+)\s*ms/.exec(each.target)).filter(found => found);
  return unique(targets.map(found => Number(found[1])))
    .map(at => ({at, text: `objective: ${percentile} < ${at} ms`}));
}

/** The faults of a run over a time that begins at zero, in units of so many seconds. */
const faults = (scenario, zero, unit) => front(scenario.engines[0]).faults.map(fault => ({
  from: (fault.at_s - zero) / unit, to: (fault.ended_at_s - zero) / unit, text: fault.fault}));

/** A chart over the time since the warm-up, in the unit that suits its length. */
function overTime(scenario, id, title, y, csv, series, caption, more) {
  const last = greatest(series.flatMap(line => line.points.map(point => point[0])));
  const [unit, size] = last >= 10800 ? ['h', 3600] : last >= 600 ? ['min', 60] : ['s', 1];
  return figure(scenario, {id, title, x: `time since the measured part began, ${unit}`, y, csv,
    caption, events: faults(scenario, 0, size), series: series.map(line => (
      {...line, points: line.points.map(point => [point[0] / size, point[1]])})), ...more});
}

function throughputChart(scenario) {
  const sent = scenario.engines
    .map(engine => wholeSeconds(front(engine).throughput?.published_series))
    .filter(points => points.length > 1).slice(0, 1)
    .map(points => ({name: 'published', style: -1, points}));
  return overTime(scenario, 'throughput', 'Throughput over time', COMMITTED, 'throughput',
    [...lines(scenario, committedRate), ...sent],
    'Verdicts that a read_committed reader received in each second.' + REPEATS);
}

function latencyChart(scenario, percentile) {
  const series = lines(scenario, run => seconds(run, percentile).filter(point => point[0] >= 0));
  return overTime(scenario, 'latency-' + percentile, 'Committed latency over time: ' + percentile,
    percentile + ', committed, ms', 'latency', series,
    `The ${percentile} of what was sent in each second, from the intended send time to the return of`
      + ' a read_committed poll.' + REPEATS,
    {log: farApart(series), limits: limits(scenario, percentile)});
}

/** The curve up to the last percentile that a single record can reach; x is the number of nines. */
function curve(run) {
  const latency = run.latency_ms?.committed;
  if (!latency) {
    return [];
  }
  const last = isNumber(latency.count) ? 100 - 100 / Math.max(latency.count, 2) : 99.999;
  const points = latency.percentiles.length > 0 ? latency.percentiles
    : [[50, latency.p50], [90, latency.p90], [95, latency.p95], [99, latency.p99],
      [99.9, latency.p999]];
  return [...points.filter(point => point[0] < last), [last, latency.max]]
    .map(point => [-Math.log10(1 - point[0] / 100), point[1]]);
}

const distributionChart = scenario =>
  figure(scenario, {id: 'latency-distribution', title: 'Committed latency by percentile',
    x: 'percentile', y: 'committed latency, ms', log: true, nines: true,
    series: lines(scenario, curve), csv: 'distribution',
    caption: 'Each further nine on the axis is ten times rarer. Read: so many percent of all'
      + ' verdicts took at most so long.' + REPEATS});

/** The latency and the throughput around each fault. */
function recoveryCharts(scenario) {
  return front(scenario.engines[0]).faults.flatMap((fault, i) => {
    const after = greatest([30,
      ...runsOf(scenario).map(run => run.faults[i]?.caught_up_after_s * 1.4)]);
    const around = points => points.map(point => [point[0] - fault.at_s, point[1]])
      .filter(point => point[0] >= Math.max(-fault.at_s, -10) && point[0] <= after);
    const chart = (what, title, y, series, log, caption) => figure(scenario, {
      id: `recovery-${i + 1}-${what}`, title: `Recovery: ${title}, ${fault.fault}`,
      x: 'time since the fault, s', y, csv: what, log, series, caption,
      events: faults(scenario, fault.at_s, 1).slice(i, i + 1)});
    const latency = lines(scenario, run => around(seconds(run, 'max')));
    return [
      chart('latency', 'slowest verdict', 'greatest latency, ms', latency, farApart(latency),
        'By the second in which the transaction should have been sent: the first seconds wait for'
          + ' the engine to come back, the later ones for it to catch up.'),
      chart('throughput', 'throughput', COMMITTED,
        lines(scenario, run => around(committedRate(run))), false,
        'No verdicts while the engine is away; above the offered rate while it catches up.')];
  });
}

function searchChart(scenario) {
  const series = lines(scenario, run =>
    byX(run.search.map(step => [step.offered_per_s, step.p99_ms])));
  return figure(scenario, {id: 'search', title: 'Latency by rate: p99',
    x: 'offered transactions per second', y: 'p99, committed, ms',
    log: farApart(series), series, limits: limits(scenario, 'p99'), csv: 'search',
    caption: 'The steps of the search for the highest rate that still holds the objective.'});
}

/** By whole seconds, one sample of each process: they are sampled one after the other. */
function total(run, field) {
  const samples = run.resources.filter(each => each.process !== 'load').flatMap(each =>
    [...new Map(each.series.filter(sample => isNumber(sample[field]))
      .map(sample => [Math.round(sample.t), sample[field]]))]);
  return byX([...Map.groupBy(samples, sample => sample[0])]
    .map(([t, same]) => [t, sum(same.map(sample => sample[1]))]));
}

/** A line for each process of each engine: more than engines have colours for. */
function compilersChart(scenario) {
  const series = unique(runsOf(scenario).flatMap(run => run.resources.map(each => each.process)))
    .filter(process => process !== 'load')
    .flatMap(process => lines(scenario, run =>
      (run.resources.find(each => each.process === process)?.series ?? [])
        .filter(sample => isNumber(sample.jit_cores)).map(sample => [sample.t, sample.jit_cores]))
      .map(line => ({...line, name: line.name + ': ' + process})));
  const names = unique(series.map(line => line.name));
  return overTime(scenario, 'jit', 'Compilers over time', 'cores busy with compiling', 'resources',
    series.map(line => ({...line, style: names.indexOf(line.name)})),
    'What the JIT compilers of the engine and Kafka take of the CPU. While that is much, a run'
      + ' measures them, and not the engine.' + REPEATS);
}

function resourceCharts(scenario) {
  const cores = unique(runsOf(scenario).map(run => run.environment?.cores)).filter(isNumber);
  return [
    overTime(scenario, 'cpu', 'CPU over time', 'busy cores', 'resources',
      lines(scenario, run => total(run, 'cpu_cores')), 'The engine and Kafka, without the measuring'
        + ' process; the table tells the processes apart.',
      {limits: cores.map(at => ({at, text: `the machine's ${at} cores`}))}),
    compilersChart(scenario),
    overTime(scenario, 'memory', 'Memory over time', 'resident memory, MiB', 'resources',
      lines(scenario, run => total(run, 'rss_mb')),
      'The engine and Kafka, without the measuring process.'),
    overTime(scenario, 'lag', 'Backlog', 'records', 'lag',
      lines(scenario, run => measured(run.consumer_lag?.series)), 'Inputs acknowledged that have no'
        + ' committed verdict yet. A backlog that keeps growing: the engine does not keep up.')];
}

function checkpointsChart(scenario) {
  const series = lines(scenario, run => run.checkpoints.map(each => [each.at_s, each.duration_ms]));
  return overTime(scenario, 'checkpoints', 'Checkpoint durations', 'duration, ms', 'checkpoints',
    series, 'From trigger to completion, by the time of the trigger.', {log: farApart(series)});
}

/** A chart for each metric whose growth was judged, a line for each process. */
function growthCharts(scenario) {
  const trends = runsOf(scenario).flatMap(run => run.leaks?.trends ?? []);
  return unique(trends.map(trend => trend.figure)).sort().map(metric => {
    const same = trends.filter(trend => trend.figure === metric);
    const series = unique(same.map(trend => trend.process)).flatMap((process, i) =>
      lines(scenario, run => run.leaks?.trends.find(trend =>
        trend.figure === metric && trend.process === process)?.series ?? [])
        .map(line => ({...line, name: line.name + ': ' + process, style: line.style + i})));
    return overTime(scenario, 'trend-' + metric.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
      'Growth: ' + metric, metric + ', ' + same[0].unit, 'growth', series,
      'The samples that the verdict rests on.', {fromZero: false});
  });
}

// How they look. Colours differ for colour-blind readers, too (Okabe and Ito), and dashes tell
// lines apart without colour.

const STYLES = [['#0072b2', []], ['#d55e00', [7, 3]], ['#e69f00', [4, 4]], ['#009e73', [2, 2]],
  ['#808080', [9, 3, 2, 3]], ['#cc79a7', [5, 2]], ['#8c6d00', [1, 2]], ['#3aa3dc', [10, 2]],
  ['#7b5fc0', [6, 2, 2, 2]], ['#a0522d', [12, 3]]];
const PAPER = 690;
const page = document.documentElement;
const drawn = [];

const probe = element('span', {hidden: ''});
/** A colour of the style sheet, by its light or its dark value. */
const themed = name => () => {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
};

/** Lines of objectives, and where faults happened. */
function drawMarks(plot, chart) {
  const {ctx, bbox} = plot;
  const pixel = uPlot.pxRatio;
  ctx.save();
  ctx.font = 11 * pixel + 'px sans-serif';
  ctx.strokeStyle = ctx.fillStyle = themed('--bad')();
  Object.assign(ctx, {textAlign: 'left', textBaseline: 'alphabetic'});
  ctx.setLineDash([4 * pixel, 3 * pixel]);
  (chart.limits ?? []).forEach(limit => {
    const y = plot.valToPos(limit.at, 'y', true);
    if (y >= bbox.top && y <= bbox.top + bbox.height) {
      ctx.strokeRect(bbox.left, y, bbox.width, 0);
      ctx.fillText(limit.text, bbox.left + 6 * pixel, y - 4 * pixel);
    }
  });
  (chart.events ?? []).forEach(event => {
    const x = plot.valToPos(event.from, 'x', true);
    ctx.strokeRect(x, bbox.top, 0, bbox.height);
    ctx.fillText(event.text, x + 4 * pixel, bbox.top + 12 * pixel);
    if (isNumber(event.to)) {
      ctx.globalAlpha = 0.1;
      ctx.fillRect(x, bbox.top, plot.valToPos(event.to, 'x', true) - x, bbox.height);
      ctx.globalAlpha = 1;
    }
  });
  ctx.restore();
}

function seriesOptions(line) {
  const [colour, dash] = STYLES[line.style % STYLES.length] ?? ['#9aa5b1', [1, 3]];
  return {label: line.name, stroke: colour + (line.faint ? '55' : ''), dash, width: 1.5,
    class: line.faint ? 'faint' : 'front', value: (plot, value) => brief(value),
    points: {show: !line.faint && line.points.length < 30}};
}

function plotOptions(chart, width) {
  const lines = {stroke: themed('--line'), width: 1};
  const axis = {stroke: themed('--text'), labelFont: '12px system-ui, sans-serif', labelSize: 20,
    grid: lines, ticks: lines};
  const highest = greatest((chart.limits ?? []).map(limit => limit.at));
  const percentile = nines => String(Number((100 - 100 / 10 ** nines).toFixed(6)));
  const range = (plot, least, most) => uPlot.rangeNum(
    chart.fromZero === false ? least : 0, highest < 4 * most ? Math.max(most, highest) : most,
    0.1, chart.fromZero !== false);
  return {width, height: width < 600 ? 240 : 300,
    scales: {x: {time: false}, y: chart.log ? {distr: 3} : {range}},
    axes: [
      {...axis, label: chart.x, size: 34,
        ...chart.nines && {incrs: [1], values: (plot, nines) => nines.map(percentile)}},
      {...axis, label: chart.y, size: 64,
        values: (plot, values) => values.map(v => v == null ? '' : v.toLocaleString('en-US'))}],
    series: [{label: 'at', value: (plot, x) => chart.nines && isNumber(x) ? percentile(x) : brief(x)},
      ...chart.series.map(seriesOptions)],
    hooks: {draw: [plot => drawMarks(plot, chart)]}};
}

/** A figure, or null without points; its canvas is drawn once it has a width. */
function figure(scenario, chart) {
  if (chart.series.length === 0) {
    return null;
  }
  const id = scenario.id + '-' + chart.id;
  const file = `charts/${scenario.id}-${chart.csv}.csv`;
  const place = element('div', {class: 'chart'});
  drawn.push({chart, place});
  return element('figure', {id}, element('h4', {}, chart.title), place,
    element('figcaption', {}, link(id, 'Chart ' + drawn.length), `. ${chart.caption} Data: `,
      element('a', {href: file}, file), '.'));
}

function drawCharts() {
  document.body.append(probe);
  drawn.forEach(each => {
    const columns = each.chart.series.map(line => [line.points.map(point => point[0]),
      line.points.map(point =>
        isNumber(point[1]) && (point[1] > 0 || !each.chart.log) ? point[1] : null)]);
    each.plot = new uPlot(plotOptions(each.chart, each.place.clientWidth), uPlot.join(columns),
      each.place);
  });
  const redraw = () => drawn.forEach(({plot, place}) => plot.setSize({height: plot.height,
    width: page.classList.contains('print') ? PAPER : place.clientWidth}));
  addEventListener('resize', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  ['beforeprint', 'afterprint'].forEach(event => addEventListener(event, () => {
    page.classList.toggle('print', event === 'beforeprint');
    redraw();
  }));
}
