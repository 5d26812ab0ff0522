// The one place where the C library is called: for what Deno has no words for. Without the permission,
// and with another C library, everything works, only not as well.

/** Lets `use` call the functions of glibc that `symbols` names, where there is one. */
export function withLibc<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
  use: (libc: Deno.StaticForeignLibraryInterface<S>) => void,
): void {
  if (Deno.build.os !== "linux") return;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return;
  let libc: Deno.DynamicLibrary<S>;
  try {
    libc = Deno.dlopen("libc.so.6", symbols);
  } catch {
    return; // another C library
  }
  use(libc.symbols);
  libc.close();
}

/** Gives memory that was freed back to the machine: glibc keeps what lies between what is in use. */
export function giveBackMemory(): void {
  withLibc({ malloc_trim: { parameters: ["usize"], result: "i32" } }, ({ malloc_trim }) => {
    malloc_trim(0n);
  });
}
