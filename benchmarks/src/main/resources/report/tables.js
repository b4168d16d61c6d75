'use strict';

// Numbers as a reader sees them.

const NONE = '–';
const isNumber = value => typeof value === 'number' && Number.isFinite(value);

/** A number with so many decimals and thousands apart; a dash for none. */
function fixed(value, decimals) {
  if (!isNumber(value)) {
    return NONE;
  }
  const [whole, part] = value.toFixed(decimals).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? '.' + part : '');
}

/** A number with about three significant digits. */
function brief(value) {
  const size = Math.abs(value);
  const whole = Number.isInteger(value) || size >= 100;
  return fixed(value, whole ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A share as a percentage; one below 1 is never rounded to 100 %. */
function percent(share) {
  const text = fixed(share * 100, 2);
  return !isNumber(share) ? NONE : text !== '100.00' ? text + ' %' : share < 1 ? '> 99.99 %' : '100 %';
}

const sorted = values => values.filter(isNumber).sort((a, b) => a - b);

function median(values) {
  const known = sorted(values);
  return known.length === 0 ? undefined
    : (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2;
}

const sum = values => values.filter(isNumber).reduce((a, b) => a + b, 0);
const greatest = values => sorted(values).at(-1);
const unique = values => [...new Set(values)];

// Elements. Strings become text, never markup: results may say anything.

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  children.flat().filter(child => child != null).forEach(child => made.append(child));
  return made;
}

const link = (id, text) => element('a', {href: '#' + id}, text);
const paragraph = text => element('p', {}, text);
const bullets = items =>
  items.length === 0 ? null : element('ul', {}, items.map(item => element('li', {}, item)));

// So that colour is never all that tells.
const SIGNS = {good: '✓ ', bad: '✗ ', warning: '△ '};
const judged = (met, text, missed) => ({text, status: met ? 'good' : missed ?? 'bad'});
const verdict = judgement => element('p', {class: 'verdict ' + (judgement.passed ? 'good' : 'bad')},
  SIGNS[judgement.passed ? 'good' : 'bad'] + judgement.verdict);

let tables = 0;

/**
 * A table, or null without rows.
 *
 * @param columns titles; those of numbers begin with #
 * @param rows of cells: text, or {text, detail, status}
 */
function table(id, caption, columns, rows) {
  if (rows.length === 0) {
    return null;
  }
  tables++;
  const classOf = column => column.startsWith('#') ? 'number ' : '';
  const head = columns.map(column =>
    element('th', {class: classOf(column)}, column.replace('#', '')));
  const body = rows.map(row => element('tr', {}, row.map((value, i) => {
    const cell = typeof value === 'string' ? {text: value} : value;
    return element('td', {class: classOf(columns[i]) + (cell.status ?? '')},
      (SIGNS[cell.status] ?? '') + cell.text,
      cell.detail ? element('small', {}, cell.detail) : null);
  })));
  return element('div', {class: 'table', id},
    element('table', {},
      element('caption', {}, link(id, 'Table ' + tables), '. ' + caption),
      columns.some(column => column) ? element('thead', {}, element('tr', {}, head)) : null,
      element('tbody', {}, body)));
}

/** The median of some values, with their range if they are several. */
function medianCell(values, decimals) {
  const known = sorted(values).map(value => fixed(value, decimals));
  const range = known[0] === known.at(-1) ? '' : known[0] + ' – ' + known.at(-1);
  return {text: fixed(median(values), decimals), detail: range};
}

// What the tables say. Of several repeats: the median and the range.

const LATENCY = [['mean', 'mean'], ['p50', 'p50'], ['p90', 'p90'], ['p95', 'p95'], ['p99', 'p99'],
  ['p99.9', 'p999'], ['max', 'max']];
const rate = run => run.throughput?.mean_per_s;
const committed = percentile => run => run.latency_ms?.committed?.[percentile];
const medians = (engine, metric, decimals) => medianCell(engine.runs.map(metric), decimals);
const runsOf = scenario => scenario.engines.flatMap(engine => engine.runs);
const numbered = names => names.map(name => '#' + name);
const engineColumns = scenario => numbered(scenario.engines.map(engine => engine.name));

/** Rows of each run of a scenario, its name in front. */
function eachRun(scenario, rowsOf) {
  return scenario.engines.flatMap(engine => engine.runs.flatMap(run => {
    const name = engine.name + (engine.runs.length > 1 ? ' ' + run.repeat : '');
    return rowsOf(run).map(row => [name].concat(row));
  }));
}

function summaryTable(scenarios) {
  return table('summary-table', 'Committed latency: from the intended send time to the return of a'
    + ' read_committed poll. Of several repeats the median and the range.',
  ['scenario', 'engine', 'result', '#objectives met', '#committed/s', '#p50 ms', '#p99 ms',
    '#p99.9 ms', 'audit'],
  scenarios.flatMap(scenario => scenario.engines.map((engine, i) => {
    const objectives = engine.runs.flatMap(run => run.objectives).filter(each => !each.goal);
    const met = objectives.filter(each => each.met).length;
    const repeats = engine.runs.length;
    return [i === 0 ? scenario.name : '',
      {text: engine.name, detail: repeats > 1 ? repeats + ' repeats' : ''},
      judged(engine.passed, engine.passed ? 'passed' : 'failed'),
      {text: met + ' of ' + objectives.length, status: met < objectives.length ? 'bad' : ''},
      medians(engine, rate, 0), medians(engine, committed('p50'), 1),
      medians(engine, committed('p99'), 1), medians(engine, committed('p999'), 1),
      judged(engine.clean === repeats, engine.clean === repeats ? 'clean'
        : engine.clean === 0 ? 'not clean' : `${engine.clean} of ${repeats} clean`)];
  })));
}

/** Objectives by name and target, each with what became of it in every run. */
function grouped(objectives) {
  const groups = new Map();
  objectives.forEach(each => {
    const key = JSON.stringify([each.name, each.target, each.goal]);
    groups.set(key, (groups.get(key) ?? []).concat(each));
  });
  return [...groups.values()];
}

function goalsTable(scenarios) {
  const row = (scenario, engine) => goals => [scenario.name, engine,
    goals[0].name + ' ' + goals[0].target, medianCell(goals.map(goal => goal.actual), 2),
    goals.every(goal => goal.met) ? judged(true, 'met') : judged(false, 'not met', 'warning')];
  const goals = objectives => grouped(objectives.filter(each => each.goal));
  return table('goals-table', 'Goals: wished for, not required to pass.',
    ['scenario', 'engine', 'goal', '#actual', 'result'],
    scenarios.flatMap(scenario => scenario.engines.flatMap(engine =>
      goals(engine.runs.flatMap(run => run.objectives)).map(row(scenario, engine.name)))
      .concat(goals(scenario.ratios).map(row(scenario, '')))));
}

function met(objectives, goal) {
  if (objectives.length === 0) {
    return NONE;
  }
  const times = objectives.filter(each => each.met).length;
  const actual = median(objectives.map(each => each.actual));
  const cell = judged(times === objectives.length,
    actual === undefined ? 'not measured' : brief(actual), goal ? 'warning' : 'bad');
  cell.detail = objectives.length === 1 ? '' : `met ${times} of ${objectives.length} times`;
  return cell;
}

const wanted = each => ({text: each.name, detail: each.goal ? 'goal, not required' : ''});

function objectivesTables(scenario) {
  const keys = grouped(runsOf(scenario).flatMap(run => run.objectives)).map(group => group[0]);
  const shares = ['success', 'errors', 'availability', 'dedup', 'token_refresh'];
  return [
    table(scenario.id + '-objectives-table', 'Of several repeats the median, and how many met it.',
      ['objective', 'target'].concat(engineColumns(scenario)),
      keys.map(key => [wanted(key), key.target].concat(scenario.engines.map(engine =>
        met(engine.runs.flatMap(run => run.objectives)
          .filter(each => each.name === key.name && each.target === key.target), key.goal))))),
    table(scenario.id + '-wanted-ratios-table',
      'One engine beside another: each metric the median of the engine\'s repeats.',
      ['objective', 'target', '#ratio'],
      scenario.ratios.map(each => [wanted(each), each.target, met([each], each.goal)])),
    table(scenario.id + '-shares-table', 'Shares. Success: inputs with a verdict that is right.'
      + ' Availability: seconds with input in which some verdict came within 1 s. Dedup: duplicates'
      + ' rejected and firsts accepted. Token refresh: expired ones that passed with a fresh token.',
    ['engine'].concat(numbered(shares.map(share => share.replace('_', ' ')))),
    scenario.engines.filter(engine => engine.runs.some(run => run.shares)).map(engine =>
      [engine.name].concat(shares.map(share =>
        percent(median(engine.runs.map(run => run.shares?.[share]))))))),
  ];
}

function latencyTables(scenario) {
  const latency = scenario.engines.flatMap(engine => ['committed', 'uncommitted']
    .filter(read => read === 'committed' || engine.runs.some(run => run.latency_ms?.[read]))
    .map(read => [engine.name, read].concat(LATENCY.map(percentile =>
      medians(engine, run => run.latency_ms?.[read]?.[percentile[1]], 1)))));
  const [ours, ...others] = scenario.engines;
  const ratio = (other, metric) => medianCell(ours.runs.map((run, i) =>
    other.runs[i] && metric(other.runs[i]) > 0 ? metric(run) / metric(other.runs[i]) : null), 2);
  return [
    table(scenario.id + '-latency-table', 'From the intended send time to the return of the poll'
      + ' that has the verdict: committed to a read_committed reader, uncommitted to a'
      + ' read_uncommitted one. Of several repeats the median and the range.',
    ['engine', 'latency'].concat(numbered(LATENCY.map(percentile => percentile[0] + ' ms'))),
    latency),
    table(scenario.id + '-rates-table', 'Transactions per second, mean of the measured part:'
      + ' acknowledged by the broker, decided, and seen by a read_committed reader.',
    ['engine', '#published/s', '#processed/s', '#committed/s'],
    scenario.engines.map(engine => [engine.name,
      medians(engine, run => run.throughput?.published_per_s, 0),
      medians(engine, run => run.throughput?.processed_per_s, 0), medians(engine, rate, 0)])),
    table(scenario.id + '-ratios-table', ours.name + ' ÷ the other engine, each repeat against the'
      + ' one that ran next to it; committed latency. Rates: above 1 is better; latency: below 1.',
    ['against', '#rate', '#p50', '#p90', '#p99', '#p99.9'],
    others.map(other => [other.name, ratio(other, rate)].concat(
      ['p50', 'p90', 'p99', 'p999'].map(percentile => ratio(other, committed(percentile)))))),
  ];
}

function recoveryTable(scenario) {
  const after = seconds => isNumber(seconds) ? fixed(seconds, 1) : judged(false, 'never');
  return table(scenario.id + '-recovery-table', 'First verdict: for a transaction sent after the'
    + ' fault. Caught up: the latency is back within its objective.',
  ['run', 'fault', '#at s', '#lasted s', '#first verdict after s', '#caught up after s'],
  eachRun(scenario, run => run.faults.map(fault => [fault.fault, fixed(fault.at_s, 1),
    fixed(fault.ended_at_s - fault.at_s, 1), after(fault.first_verdict_after_s),
    after(fault.caught_up_after_s)])));
}

function searchTable(scenario) {
  return table(scenario.id + '-search-table', 'Rates tried, in the order tried; p99 of the'
    + ' committed latency.', ['run', '#offered/s', '#p99 ms', 'objective'],
  eachRun(scenario, run => run.search.map(step => [fixed(step.offered_per_s, 0),
    fixed(step.p99_ms, 1), judged(step.held, step.held ? 'held' : 'not held', 'warning')])));
}

function metricsTable(scenario) {
  const metrics = new Map(runsOf(scenario).flatMap(run => run.figures).map(each => [each.name, each]));
  return table(scenario.id + '-special-table', 'Of several repeats the median and the range.',
    ['metric', 'unit'].concat(engineColumns(scenario)),
    [...metrics.values()].map(metric => [metric.name, metric.unit ?? ''].concat(
      scenario.engines.map(engine => {
        const values = engine.runs.flatMap(run => run.figures)
          .filter(each => each.name === metric.name).map(each => each.value);
        return medianCell(values, values.every(v => v >= 100 || Number.isInteger(v)) ? 0 : 2);
      }))));
}

function resourcesTable(scenario) {
  const columns = [['CPU mean, cores', 'cpu_cores_mean', 2], ['CPU max, cores', 'cpu_cores_max', 2],
    ['RSS max, MiB', 'rss_max_mb', 0], ['GC pause max, ms', 'gc_pause_max_ms', 1],
    ['GC pauses, ms', 'gc_pause_total_ms', 0], ['written to disk, MiB', 'disk_written_mb', 0]];
  return table(scenario.id + '-resources-table', 'By process, in the measured part of the run;'
    + ' load is the measuring process.',
  ['engine', 'process'].concat(numbered(columns.map(column => column[0]))),
  scenario.engines.flatMap(engine => {
    const processes = unique(engine.runs.flatMap(run => run.resources).map(each => each.process));
    return processes.map((process, i) => [i === 0 ? engine.name : '', process].concat(
      columns.map(column => medians(engine, run =>
        run.resources.find(each => each.process === process)?.[column[1]], column[2]))));
  }));
}

function checkpointsTable(scenario) {
  return table(scenario.id + '-checkpoints-table', 'Size: what one checkpoint had to store; with'
    + ' incremental checkpoints less than the state.',
  ['run', '#completed', '#median ms', '#max ms', '#largest, MiB', '#state, MiB'],
  eachRun(scenario, run => {
    const all = field => run.checkpoints.map(checkpoint => checkpoint[field]);
    return run.checkpoints.length === 0 ? [] : [[fixed(run.checkpoints.length, 0),
      fixed(median(all('duration_ms')), 0), fixed(greatest(all('duration_ms')), 0),
      fixed(greatest(all('size_mb')), 1), fixed(greatest(all('full_size_mb')), 1)]];
  }));
}

function growthTable(scenario) {
  const status = {'leak': 'bad', 'no leak': 'good', 'not enough data': 'warning'};
  return table(scenario.id + '-leaks-table', 'The slope of each metric with its 95 % confidence'
    + ' interval. A leak: the whole interval lies above what is tolerated; no leak: it ends below.',
  ['run', 'process', 'metric', '#slope per hour', '#95 % interval', '#tolerated', 'verdict'],
  eachRun(scenario, run => (run.leaks?.trends ?? []).map(trend => [trend.process,
    trend.figure + ', ' + trend.unit, brief(trend.slope_per_hour),
    isNumber(trend.low_per_hour)
      ? brief(trend.low_per_hour) + ' – ' + brief(trend.high_per_hour) : NONE,
    brief(trend.tolerance_per_hour), {text: trend.verdict, status: status[trend.verdict]}])
    .concat(run.leaks?.heap_dump ? [['', 'heap dump: ' + run.leaks.heap_dump, '', '', '', '']] : [])));
}

function auditTable(scenario) {
  if (runsOf(scenario).every(run => !run.audit)) {
    return null;
  }
  const row = (name, value, mustBeZero) => [name].concat(scenario.engines.map(engine => {
    const audits = engine.runs.filter(run => run.audit).map(run => value(run.audit));
    const text = fixed(sum(audits), 0);
    return audits.length === 0 ? judged(false, 'not audited')
      : mustBeZero ? judged(sum(audits) === 0, text) : text;
  }));
  const field = (name, key, mustBeZero) => row(name, audit => audit[key], mustBeZero);
  const reasons = unique(runsOf(scenario).flatMap(run => Object.keys(run.audit?.rejected ?? {})));
  return table(scenario.id + '-audit-table', 'Records, all repeats together. Whatever the speed, a'
    + ' run with anything but 0 in the lower half fails.', ['what'].concat(engineColumns(scenario)),
  [field('inputs', 'inputs'), field('verdicts', 'verdicts'), field('accepted', 'accepted')]
    .concat(reasons.map(reason => row('rejected: ' + reason, audit => audit.rejected[reason] ?? 0)))
    .concat([field('dead-lettered', 'dead_lettered'), field('missing', 'missing', true),
      field('duplicated', 'duplicated', true), field('wrong', 'wrong', true),
      field('accepted twice', 'accepted_twice', true), field('misrouted', 'misrouted', true),
      field('without verdict in time', 'in_flight', true)]));
}

function environmentTables(runs) {
  const names = [['cores', 'cores'], ['memory, GiB', 'memory_gb'], ['processor', 'cpu'],
    ['operating system', 'os'], ['Java', 'java'], ['Flink', 'flink'], ['Kafka', 'kafka'],
    ['testbed', 'testbed'], ['revision', 'revision']];
  const groups = new Map();
  runs.filter(run => run.environment).forEach(run => {
    const key = JSON.stringify(names.map(name => run.environment[name[1]] ?? null));
    groups.set(key, (groups.get(key) ?? []).concat(run));
  });
  return [...groups.values()].map((group, i) => table('environment-table-' + (i + 1),
    groups.size === 1 ? 'The machine of all runs.'
      : `The machine of ${group.length} of the runs. Metrics of different machines do not compare.`,
    ['', ''],
    names.map(name => [name[0], group[0].environment[name[1]]]).filter(row => row[1] != null)
      .map(row => [row[0], isNumber(row[1]) ? brief(row[1]) : row[1]])
      .concat([['load before the runs',
        'at most ' + fixed(greatest(group.map(run => run.environment.load_before)), 2)]])));
}

/** A row for each setting, a column for each engine; the scenarios where they differ by it. */
function settingsTable(scenarios) {
  const engines = unique(scenarios.flatMap(scenario => scenario.engines.map(engine => engine.name)));
  const runs = scenarios.flatMap(runsOf);
  const names = unique(runs.flatMap(run => Object.keys(run.settings))).sort();
  return table('settings-table', 'The exact settings of each engine.', ['setting'].concat(engines),
    names.map(name => [name].concat(engines.map(engine => {
      const having = runs.filter(run => run.engine === engine && name in run.settings);
      const values = unique(having.map(run => run.settings[name]));
      return values.length < 2 ? values.join() : values.map(value => value + ' (' + unique(
        having.filter(run => run.settings[name] === value).map(run => run.scenario)).join(', ')
        + ')').join(', ');
    }))));
}
