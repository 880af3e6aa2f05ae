using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Alignment.ModelCore.Native;

/// <summary>
/// TorchSharp's <c>Scalar</c> has a finalizer and lies outside dispose scopes: a collection that another thread starts during a native call can
/// free the scalar which that call is about to read. TorchSharp makes such scalars itself, even in <c>a.add(b)</c>. So the exported function
/// that frees them is replaced at start, in memory, by one that frees a scalar only after so many others: long after any call has read it.
/// </summary>
internal static unsafe partial class ScalarRelease
{
    private const int Kept = 2048, JumpSize = 12, ReadWriteExecute = 7, ReadExecute = 5;
    private static readonly nint[] Ring = new nint[Kept];
    private static int next;

    /// <summary>Whether the function was replaced in this process.</summary>
    public static bool IsOn { get; private set; }

    /// <summary>Does nothing on other systems, or where the kernel forbids it.</summary>
    public static void Enable(nint library)
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !NativeLibrary.TryGetExport(library, "THSTorch_dispose_scalar", out var function))
        {
            return;
        }

        var page = (nint)Environment.SystemPageSize;
        var start = function & ~(page - 1);
        var size = (nuint)(((function + JumpSize + page - 1) & ~(page - 1)) - start);
        if (mprotect(start, size, ReadWriteExecute) != 0)
        {
            return;
        }

        // mov rax, address; jmp rax
        var code = (byte*)function;
        (code[0], code[1], code[10], code[11]) = (0x48, 0xB8, 0xFF, 0xE0);
        Unsafe.WriteUnaligned(code + 2, (nint)(delegate* unmanaged[Cdecl]<nint, void>)&Release);
        IsOn = mprotect(start, size, ReadExecute) == 0;
    }

    // at::Scalar as TorchSharp makes it holds a number and no pointer: giving back its memory is all that delete does.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint scalar)
    {
        var place = (uint)Interlocked.Increment(ref next) % Kept;
        NativeMemory.Free((void*)Interlocked.Exchange(ref Ring[place], scalar));
    }

    [LibraryImport("libc")]
    private static partial int mprotect(nint address, nuint size, int protection);
}
