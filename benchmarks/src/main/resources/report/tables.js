'use strict';

// Numbers as a reader sees them.

const NONE = '–';
const isNumber = value => typeof value === 'number' && Number.isFinite(value);

/** A number with so many decimals and thousands apart; a dash for none. */
const fixed = (value, decimals) => !isNumber(value) ? NONE : value.toFixed(decimals)
  .replace(/^-?\d+/, whole => whole.replace(/\B(?=(\d{3})+$)/g, ','));

/** A number with about three significant digits. */
function brief(value) {
  const size = Math.abs(value);
  const whole = Number.isInteger(value) || size >= 100;
  return fixed(value, whole ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A share as a percentage; one below 1 is never rounded to 100 %. */
const percent = share => !isNumber(share) ? NONE : share === 1 ? '100 %'
  : share > 0.9999 ? '> 99.99 %' : fixed(share * 100, 2) + ' %';

const sorted = values => values.filter(isNumber).sort((a, b) => a - b);
const sum = values => values.filter(isNumber).reduce((a, b) => a + b, 0);
const greatest = values => sorted(values).at(-1);
const unique = values => [...new Set(values)];

/** NaN of none. */
function median(values) {
  const known = sorted(values);
  return (known[(known.length - 1) >> 1] + known[known.length >> 1]) / 2;
}

/** Groups of items with the same key, in the order of their first ones. */
const grouped = (items, keyOf) =>
  [...Map.groupBy(items, item => JSON.stringify(keyOf(item))).values()];

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
const verdict = (passed, text) => element('p', {class: passed ? 'verdict good' : 'verdict bad'},
  SIGNS[passed ? 'good' : 'bad'] + text);

let tables = 0;

/**
 * A table, or null without rows.
 *
 * @param rows cells by the titles of their columns, which are those of the first row; the titles of
 *     numbers begin with #; a cell is text, or {text, detail, status}
 */
function table(id, caption, rows) {
  if (rows.length === 0) {
    return null;
  }
  tables++;
  const columns = Object.keys(rows[0]);
  const classOf = column => column.startsWith('#') ? 'number ' : '';
  const head = columns.map(column =>
    element('th', {class: classOf(column)}, column.replace('#', '')));
  const body = rows.map(row => element('tr', {}, columns.map(column => {
    const value = row[column] ?? '';
    const cell = typeof value === 'string' ? {text: value} : value;
    return element('td', {class: classOf(column) + (cell.status ?? '')},
      (SIGNS[cell.status] ?? '') + cell.text,
      cell.detail ? element('small', {}, cell.detail) : null);
  })));
  return element('div', {class: 'table', id},
    element('table', {},
      element('caption', {}, link(id, 'Table ' + tables), '. ' + caption),
      element('thead', {}, element('tr', {}, head)),
      element('tbody', {}, body)));
}

/** The median of some values, with their range if they are several. */
function medianCell(values, decimals) {
  const known = sorted(values).map(value => fixed(value, decimals));
  const range = known[0] === known.at(-1) ? '' : known[0] + ' – ' + known.at(-1);
  return {text: fixed(median(values), decimals), detail: range};
}

/** Cells with the medians of what the repeats have: {title: [field, decimals]}. */
const medianCells = (repeats, fields) => cells(Object.entries(fields), ([title]) => '#' + title,
  ([title, [field, decimals]]) => medianCell(repeats.map(each => each?.[field]), decimals));

const cells = (items, titleOf, cellOf) =>
  Object.fromEntries(items.map(item => [titleOf(item), cellOf(item)]));
const perEngine = (scenario, cellOf) =>
  cells(scenario.engines, engine => '#' + engine.name, cellOf);

// What the tables say. Of several repeats: the median and the range.

const rate = run => run.throughput?.mean_per_s;
const committed = percentile => run => run.latency_ms?.committed?.[percentile];
const runsOf = scenario => scenario.engines.flatMap(engine => engine.runs);

/** Rows of each run of a scenario, its name in front. */
function eachRun(scenario, rowsOf) {
  return scenario.engines.flatMap(engine => engine.runs.flatMap(run => rowsOf(run).map(row => (
    {run: engine.name + (engine.runs.length > 1 ? ' ' + run.repeat : ''), ...row}))));
}

function summaryTable(scenarios) {
  return table('summary-table', 'Committed latency: from the intended send time to the return of a'
    + ' read_committed poll. Steady after: from the first transaction sent until the compilers take'
    + ' less than a fifth of a core and the p99 is within its limit, for ten seconds. Of several'
    + ' repeats the median and the range.',
  scenarios.flatMap(scenario => scenario.engines.map(({name, runs, clean}, i) => {
    const objectives = runs.flatMap(run => run.objectives).filter(each => !each.goal);
    const met = objectives.filter(each => each.met).length;
    const passed = runs.every(run => run.passed);
    return {scenario: i === 0 ? scenario.name : '',
      engine: {text: name, detail: runs.length > 1 ? runs.length + ' repeats' : ''},
      result: judged(passed, passed ? 'passed' : 'failed'),
      '#objectives met': {text: met + ' of ' + objectives.length,
        status: met < objectives.length ? 'bad' : ''},
      '#committed/s': medianCell(runs.map(rate), 0),
      ...medianCells(runs.map(run => run.latency_ms?.committed),
        {'p50 ms': ['p50', 1], 'p99 ms': ['p99', 1], 'p99.9 ms': ['p999', 1]}),
      ...medianCells(runs, {'steady after s': ['steady_after_s', 0]}),
      audit: judged(clean === runs.length, clean === runs.length ? 'clean'
        : clean === 0 ? 'not clean' : `${clean} of ${runs.length} clean`)};
  })));
}

const sameObjective = each => [each.name, each.target, each.goal];

function goalsTable(scenarios) {
  const rows = (scenario, engine, objectives) =>
    grouped(objectives.filter(each => each.goal), sameObjective).map(goals => ({
      scenario: scenario.name, engine, goal: goals[0].name + ' ' + goals[0].target,
      '#actual': medianCell(goals.map(goal => goal.actual), 2),
      result: goals.every(goal => goal.met) ? judged(true, 'met') : judged(false, 'not met', 'warning')}));
  return table('goals-table', 'Goals: wished for, not required to pass.',
    scenarios.flatMap(scenario => [
      ...scenario.engines.flatMap(({name, runs}) =>
        rows(scenario, name, runs.flatMap(run => run.objectives))),
      ...rows(scenario, '', scenario.ratios)]));
}

function objectivesTables(scenario) {
  const wanted = ({name, target, goal}) =>
    ({objective: {text: name, detail: goal ? 'goal, not required' : ''}, target});
  const met = repeats => {
    const times = repeats.filter(each => each.met).length;
    const actual = median(repeats.map(each => each.actual));
    return repeats.length === 0 ? NONE : {
      ...judged(times === repeats.length, isNumber(actual) ? brief(actual) : 'not measured',
        repeats[0].goal ? 'warning' : 'bad'),
      detail: repeats.length === 1 ? '' : `met ${times} of ${repeats.length} times`};
  };
  return [
    table(scenario.id + '-objectives-table', 'Of several repeats the median, and how many met it.',
      grouped(runsOf(scenario).flatMap(run => run.objectives), sameObjective).map(same => ({
        ...wanted(same[0]), ...perEngine(scenario, engine => met(engine.runs.flatMap(run =>
          run.objectives.filter(each => same.includes(each)))))}))),
    table(scenario.id + '-wanted-ratios-table',
      'One engine beside another: each metric the median of the engine\'s repeats.',
      scenario.ratios.map(each => ({...wanted(each), '#ratio': met([each])}))),
    table(scenario.id + '-shares-table', 'Shares. Success: inputs with a verdict that is right.'
      + ' Availability: seconds with input in which some verdict came within 1 s. Dedup: duplicates'
      + ' rejected and firsts accepted. Token refresh: expired ones that passed with a fresh token.',
    scenario.engines.filter(engine => engine.runs.some(run => run.shares)).map(({name, runs}) => ({
      engine: name, ...cells(['success', 'errors', 'availability', 'dedup', 'token_refresh'],
        share => '#' + share.replace('_', ' '),
        share => percent(median(runs.map(run => run.shares?.[share]))))}))),
  ];
}

function latencyTables(scenario) {
  const [ours, ...others] = scenario.engines;
  const ratio = (other, metric) => medianCell(ours.runs.map((run, i) =>
    other.runs[i] && metric(other.runs[i]) > 0 ? metric(run) / metric(other.runs[i]) : null), 2);
  return [
    table(scenario.id + '-latency-table', 'From the intended send time to the return of the'
      + ' poll that has the verdict: committed to a read_committed reader, uncommitted to a'
      + ' read_uncommitted one. Of several repeats the median and the range.',
    scenario.engines.flatMap(({name, runs}) => ['committed', 'uncommitted']
      .filter(latency => latency === 'committed' || runs.some(run => run.latency_ms?.[latency]))
      .map(latency => ({engine: name, latency,
        ...medianCells(runs.map(run => run.latency_ms?.[latency]), {'mean ms': ['mean', 1],
          'p50 ms': ['p50', 1], 'p90 ms': ['p90', 1], 'p95 ms': ['p95', 1], 'p99 ms': ['p99', 1],
          'p99.9 ms': ['p999', 1], 'max ms': ['max', 1]})})))),
    table(scenario.id + '-rates-table', 'Transactions per second, mean of the measured part:'
      + ' acknowledged by the broker, decided, and seen by a read_committed reader.',
    scenario.engines.map(({name, runs}) => ({engine: name,
      ...medianCells(runs.map(run => run.throughput), {'published/s': ['published_per_s', 0],
        'processed/s': ['processed_per_s', 0], 'committed/s': ['mean_per_s', 0]})}))),
    table(scenario.id + '-ratios-table', ours.name + ' ÷ the other engine, each repeat against the'
      + ' one that ran next to it; committed latency. Rates: above 1 is better; latency: below 1.',
    others.map(other => ({against: other.name, '#rate': ratio(other, rate),
      '#p50': ratio(other, committed('p50')), '#p90': ratio(other, committed('p90')),
      '#p99': ratio(other, committed('p99')), '#p99.9': ratio(other, committed('p999'))}))),
  ];
}

function recoveryTable(scenario) {
  const after = seconds => isNumber(seconds) ? fixed(seconds, 1) : judged(false, 'never');
  return table(scenario.id + '-recovery-table', 'First verdict: in the last partition, of a transaction'
    + ' that was sent after the fault. Caught up: the latency is back within its objective.',
  eachRun(scenario, run => run.faults.map(fault => ({fault: fault.fault,
    '#at s': fixed(fault.at_s, 1), '#lasted s': fixed(fault.ended_at_s - fault.at_s, 1),
    '#first verdict after s': after(fault.first_verdict_after_s),
    '#caught up after s': after(fault.caught_up_after_s),
    'stages after s': Object.entries(fault.stages_after_s ?? {})
      .map(([stage, s]) => `${stage} ${fixed(s, 1)}`).join(', ')}))));
}

function searchTable(scenario) {
  return table(scenario.id + '-search-table',
    'Rates tried, in the order tried; p99 of the committed latency.',
    eachRun(scenario, run => run.search.map(step => ({'#offered/s': fixed(step.offered_per_s, 0),
      '#p99 ms': fixed(step.p99_ms, 1),
      objective: judged(step.held, step.held ? 'held' : 'not held', 'warning')}))));
}

function metricsTable(scenario) {
  return table(scenario.id + '-special-table', 'Of several repeats the median and the range.',
    grouped(runsOf(scenario).flatMap(run => run.figures), each => each.name).map(same => ({
      metric: same[0].name, unit: same[0].unit, ...perEngine(scenario, engine => {
        const values = engine.runs.flatMap(run => run.figures.filter(each => same.includes(each)))
          .map(each => each.value);
        return medianCell(values, values.every(v => v >= 100 || Number.isInteger(v)) ? 0 : 2);
      })})));
}

function resourcesTable(scenario) {
  return table(scenario.id + '-resources-table',
    'By process, in the measured part of the run; load is the measuring process. JIT: what the'
      + ' compilers took of the CPU.',
    scenario.engines.flatMap(({name, runs}) =>
      grouped(runs.flatMap(run => run.resources), each => each.process).map((repeats, i) => ({
        engine: i === 0 ? name : '', process: repeats[0].process, ...medianCells(repeats, {
          'CPU mean, cores': ['cpu_cores_mean', 2], 'CPU max, cores': ['cpu_cores_max', 2],
          'JIT mean, cores': ['jit_cores_mean', 2], 'RSS max, MiB': ['rss_max_mb', 0],
          'GC pause max, ms': ['gc_pause_max_ms', 1], 'GC pauses, ms': ['gc_pause_total_ms', 0],
          'written to disk, MiB': ['disk_written_mb', 0]})}))));
}

function checkpointsTable(scenario) {
  return table(scenario.id + '-checkpoints-table', 'Size: what one checkpoint had to store; with'
    + ' incremental checkpoints less than the state.',
  eachRun(scenario, ({checkpoints}) => {
    const all = field => checkpoints.map(checkpoint => checkpoint[field]);
    return checkpoints.length === 0 ? [] : [{'#completed': fixed(checkpoints.length, 0),
      '#median ms': fixed(median(all('duration_ms')), 0),
      '#max ms': fixed(greatest(all('duration_ms')), 0),
      '#largest, MiB': fixed(greatest(all('size_mb')), 1),
      '#state, MiB': fixed(greatest(all('full_size_mb')), 1)}];
  }));
}

function growthTable(scenario) {
  const status = {'leak': 'bad', 'no leak': 'good', 'not enough data': 'warning'};
  return table(scenario.id + '-leaks-table', 'The slope of each metric with its 95 % confidence'
    + ' interval. A leak: the whole interval lies above what is tolerated; no leak: it ends below.',
  eachRun(scenario, ({leaks}) => [
    ...(leaks?.trends ?? []).map(trend => ({process: trend.process,
      metric: trend.figure + ', ' + trend.unit, '#slope per hour': brief(trend.slope_per_hour),
      '#95 % interval': isNumber(trend.low_per_hour)
        ? brief(trend.low_per_hour) + ' – ' + brief(trend.high_per_hour) : NONE,
      '#tolerated': brief(trend.tolerance_per_hour),
      verdict: {text: trend.verdict, status: status[trend.verdict]}})),
    ...leaks?.heap_dump ? [{metric: 'heap dump: ' + leaks.heap_dump}] : []]));
}

function auditTable(scenario) {
  const audits = runs => runs.map(run => run.audit).filter(audit => audit);
  const all = audits(runsOf(scenario));
  const reasons = unique(all.flatMap(audit => Object.keys(audit.rejected)));
  const fields = [['inputs', 'inputs'], ['verdicts', 'verdicts'], ['accepted', 'accepted'],
    ...reasons.map(reason => ['rejected: ' + reason, reason]), ['dead-lettered', 'dead_lettered'],
    ['missing', 'missing', true], ['duplicated', 'duplicated', true], ['wrong', 'wrong', true],
    ['accepted twice', 'accepted_twice', true], ['misrouted', 'misrouted', true],
    ['without verdict in time', 'in_flight', true]];
  return table(scenario.id + '-audit-table', 'Records, all repeats together. Whatever the speed, a'
    + ' run with anything but 0 in the lower half fails.',
  all.length === 0 ? [] : fields.map(([what, field, mustBeZero]) => (
    {what, ...perEngine(scenario, engine => {
      const found = audits(engine.runs);
      const total = sum(found.map(audit => audit[field] ?? audit.rejected[field]));
      return found.length === 0 ? judged(false, 'not audited')
        : mustBeZero ? judged(total === 0, fixed(total, 0)) : fixed(total, 0);
    })})));
}

function environmentTables(runs) {
  const names = {cores: 'cores', memory_gb: 'memory, GiB', cpu: 'processor', os: 'operating system',
    java: 'Java', flink: 'Flink', kafka: 'Kafka', testbed: 'testbed', revision: 'revision'};
  const machines = grouped(runs.map(run => run.environment).filter(machine => machine),
    machine => Object.keys(names).map(field => machine[field]));
  const row = (what, value) => ({what, value: isNumber(value) ? brief(value) : value});
  return machines.map((same, i) => table('environment-table-' + (i + 1),
    machines.length === 1 ? 'The machine of all runs.'
      : `The machine of ${same.length} of the runs. Metrics of different machines do not compare.`,
    [...Object.keys(names).filter(field => same[0][field] != null)
      .map(field => row(names[field], same[0][field])),
    row('load before the runs',
      'at most ' + fixed(greatest(same.map(machine => machine.load_before)), 2))]));
}

/** A row for each setting, a column for each engine; the scenarios where they differ by it. */
function settingsTable(scenarios) {
  const engines = unique(scenarios.flatMap(scenario => scenario.engines.map(engine => engine.name)));
  const runs = scenarios.flatMap(runsOf);
  const settings = unique(runs.flatMap(run => Object.keys(run.settings))).sort();
  return table('settings-table', 'The exact settings of each engine.',
    settings.map(setting => ({setting, ...cells(engines, engine => engine, engine => {
      const values = grouped(runs.filter(run => run.engine === engine && setting in run.settings),
        run => run.settings[setting]);
      return values.map(having => having[0].settings[setting] + (values.length < 2 ? ''
        : ` (${unique(having.map(run => run.scenario)).join(', ')})`)).join(', ');
    })})));
}
