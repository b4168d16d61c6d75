'use strict';

const report = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main');
const contents = document.querySelector('nav');

/** A section with a heading, an anchor and an entry in the contents; null if nothing is in it. */
function section(level, id, title, blocks) {
  const content = blocks.flat().filter(block => block);
  return content.length === 0 ? null : element('section', {id},
    element('h' + level, {}, title + ' ',
      element('a', {class: 'anchor', href: '#' + id, 'aria-label': 'link to this section'}, '#')),
    content);
}

function scenarioVerdict({engines, failures}) {
  const names = some => some.map(engine => engine.name).join(', ');
  const failed = engines.filter(engine => engine.runs.some(run => !run.passed));
  return failed.length > 0 ? verdict(false, 'Failed: ' + names(failed))
    : failures.length > 0 ? verdict(false, 'Failed beside each other: ' + names(engines))
      : verdict(true, 'Passed: ' + names(engines));
}

function scenarioSection(scenario) {
  const part = (name, title, blocks) => section(3, scenario.id + '-' + name, title, blocks);
  const load = front(scenario.engines[0]).load;
  const times = scenario.engines.map(({name, runs}) =>
    name + (runs.length === 1 ? ' once' : ` ${runs.length} times`)).join(', ');
  const offered = load && (isNumber(load.offered_per_s)
    ? fixed(load.offered_per_s, 0) + ' transactions/s' : 'as fast as possible');
  const page = profile => element('a',
    {href: profile.path.split('/').map(encodeURIComponent).join('/')}, profile.title);
  return section(2, scenario.id, scenario.name, [
    scenarioVerdict(scenario),
    bullets(scenario.failures),
    load ? paragraph(`Offered: ${offered}. Measured for ${brief(load.measured_s)} s, after a warm-up`
      + ` of ${brief(load.warmup_s)} s that is not measured. ${times}.`) : null,
    part('objectives', 'Objectives', objectivesTables(scenario)),
    part('latency', 'Latency and throughput', latencyTables(scenario)),
    part('throughput-charts', 'Throughput over time', [throughputChart(scenario)]),
    part('latency-time-charts', 'Latency over time',
      ['p50', 'p99'].map(percentile => latencyChart(scenario, percentile))),
    part('distribution-charts', 'Latency by percentile', [distributionChart(scenario)]),
    part('recovery', 'Recovery after each fault',
      [recoveryTable(scenario), recoveryCharts(scenario)]),
    part('highest-rate', 'Highest rate', [searchTable(scenario), searchChart(scenario)]),
    part('special', 'Metrics of this scenario', [metricsTable(scenario)]),
    part('resources', 'Resources', [resourcesTable(scenario), resourceCharts(scenario)]),
    part('checkpointing', 'Checkpoints', [checkpointsTable(scenario), checkpointsChart(scenario)]),
    part('leaks', 'Growth over time', [growthTable(scenario), growthCharts(scenario)]),
    part('audit', 'Audit', [auditTable(scenario)]),
    part('profile', 'Where the CPU time goes', [bullets(scenario.profiles.map(page))]),
  ]);
}

function listContents(sections) {
  return element('ul', {}, sections.map(each => {
    const below = [...each.children].filter(child => child.tagName === 'SECTION');
    const title = each.firstChild.firstChild.textContent.trim();
    return element('li', {}, link(each.id, title), below.length > 0 ? listContents(below) : null);
  }));
}

const scenarios = report.scenarios;
const everyRun = scenarios.flatMap(runsOf);
const commands = unique(everyRun.map(run => run.command).filter(command => command));
const runNotes = unique(everyRun.flatMap(run =>
  run.notes.map(note => `${run.scenario} on ${run.engine}: ${note}`)));
const advice = recommendations(scenarios);
const sections = [
  section(2, 'verdict', 'Verdict', [verdict(report.passed, report.verdict),
    bullets(scenarios.flatMap(scenario => scenario.failures)),
    summaryTable(scenarios), goalsTable(scenarios)]),
  scenarios.map(scenarioSection),
  section(2, 'recommendations', 'Recommendations', advice.length === 0 ? [] : [
    paragraph('Computed from the metrics above, for the engine turnstile on this machine.'),
    bullets(advice)]),
  section(2, 'environment', 'Environment and settings', [environmentTables(everyRun),
    commands.length > 0 ? [paragraph('Made by:'), bullets(commands)] : null,
    settingsTable(scenarios)
      ?? paragraph('The results do not say which settings the engines had.')]),
  section(2, 'notes', 'Notes', [report.notes.map(paragraph), bullets(runNotes)]),
  section(2, 'reading', 'How to read this', [bullets([
    'Load is open: each transaction has its intended send time, whether or not those before it were'
      + ' answered. Latency counts from that time, so a stall counts for all that should have been'
      + ' sent during it.',
    'Committed latency ends when a read_committed consumer\'s poll returns the verdict. Sender and'
      + ' reader share one clock.',
    'The warm-up counts nowhere but in the time until an engine is steady, and is in no chart. Time 0'
      + ' is where it ends.',
    'The audit reads the topics after the run and checks every verdict against what the sender wrote'
      + ' down before it sent.',
    'Drag over a chart to look closer; a double click shows all of it again. Every series is also a'
      + ' CSV file in the directory charts beside this report.'])]),
].flat().filter(each => each);

contents.append(element('p', {}, 'Contents'), listContents(sections));
main.replaceChildren(element('header', {}, element('h1', {}, document.title),
  paragraph(report.subtitle)));
sections.forEach(each => main.append(each));
drawCharts();
// The page had no such anchor while it loaded.
document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
