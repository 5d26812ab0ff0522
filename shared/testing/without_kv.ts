// Preloaded into a program that is to find no Deno KV.

Reflect.deleteProperty(Deno, "openKv");
