// The house's rules about who may import whom, as a lint plugin.
const plugin: Deno.lint.Plugin = { name: "house", rules: {} };
export default plugin;
