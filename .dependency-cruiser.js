/** Dependencies point one way; the reasons stand in src/README.md. */
const stages = ['api', 'desired', 'plan', 'apply', 'status', 'controller'];

/** Each stage may use the ones before it, never the ones after. */
const oneWay = stages.slice(0, -1).map((stage, index) => ({
  name: `${stage}-uses-no-later-stage`,
  severity: 'error',
  from: { path: `^src/${stage}/` },
  to: { path: `^src/(${[...stages.slice(index + 1), 'cli', 'server', 'sim'].join('|')})/` },
}));

const adapters = '^src/(store/directory|sources/(civicrm|planning-center)|unifi/developer-api)/';
const pure = '^src/(desired|plan|status)/';

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '^src/sexton\\.ts$' }, to: {} },
    ...oneWay,
    { name: 'api-imports-nothing-of-ours', severity: 'error', from: { path: '^src/api/' }, to: { path: '^src/', pathNot: '^src/api/' } },
    // The configuration file is validated with the same positions as resources, so runtime may use api's reader.
    { name: 'runtime-is-a-leaf', severity: 'error', from: { path: '^src/runtime/' }, to: { path: '^src/', pathNot: '^src/(runtime|api)/' } },
    {
      name: 'adapters-are-composed-in-cli-only',
      severity: 'error',
      from: { path: '^src/', pathNot: `${adapters}|^src/cli/` },
      to: { path: adapters },
    },
    {
      name: 'pure-stages-do-no-io',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pure-stages-have-no-clock-log-or-http',
      severity: 'error',
      from: { path: pure },
      to: { path: '^src/runtime/(clock|log|logger|http|http-client|state-file|config)\\.ts$' },
    },
    {
      name: 'luxon-stays-in-calendar-and-simulators',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(desired/calendar|sim|sources/planning-center)/' },
      to: { path: 'node_modules/(@types/)?luxon' },
    },
    { name: 'transports-are-composed-in-cli-only', severity: 'error', from: { path: '^src/', pathNot: '^src/cli/' }, to: { path: '^src/notify/(smtp|mailgun|telegram|webhook)\\.ts$' } },
    { name: 'notify-knows-no-controller', severity: 'error', from: { path: '^src/notify/' }, to: { path: '^src/(controller|server|cli|sim|store/directory)/' } },
    {
      name: 'what-is-told-is-worked-out-purely',
      severity: 'error',
      from: { path: '^src/notify/(alert[.]|facts[.]|detect|transitions[.]|message[.])' },
      to: { path: '^src/runtime/(clock|log|logger|http|http-client|state-file|config)\\.ts$|^(node:)?(fs|net|http|https|timers|child_process)(/|$)' },
    },
    { name: 'simulators-know-no-product', severity: 'error', from: { path: '^src/sim/(kit|unifi|pco|civicrm)/' }, to: { path: '^src/(desired|plan|apply|status|controller|store|sources|unifi|cli|server)/' } },
    { name: 'product-knows-no-simulator', severity: 'error', from: { path: '^src/', pathNot: '^src/(sim|cli)/' }, to: { path: '^src/sim/' } },
    { name: 'no-dev-dependencies', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.js'] },
  },
};
