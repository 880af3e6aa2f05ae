using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Alignment.ModelCore.Native;

/// <summary>
/// MKL, inside libtorch, takes its AVX2 and AVX-512 kernels only where its function <c>mkl_serv_intel_cpu_true</c> answers 1, and on
/// AMD processors it answers 0, at the cost of a fifth of a training step. A library that exports the same name, in the global scope
/// before libtorch is loaded, answers 1 instead. It is made here in memory, a well-formed ELF image of 512 bytes, so that no compiler
/// and no file is needed. Results stay deterministic; their last digits differ from those without it.
/// </summary>
internal static partial class MklDispatch
{
    private const string Symbol = "mkl_serv_intel_cpu_true";
    private const int Now = 2, Global = 0x100;
    private const int SymbolsAt = 0x120, StringsAt = 0x150, HashAt = 0x170, CodeAt = 0x190, DynamicAt = 0x1A0, Size = 0x200, Page = 0x1000;

    /// <summary>Whether the faster kernels were switched on in this process.</summary>
    public static bool IsOn { get; private set; }

    /// <summary>Does nothing on Intel, without AVX2, on other systems, or where the kernel forbids code from memory.</summary>
    public static void Enable()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !Avx2.IsSupported || IsIntel())
        {
            return;
        }

        var file = memfd_create("mkl-dispatch", 0);
        if (file < 0)
        {
            return;
        }

        var image = Image();
        IsOn = write(file, image, (nuint)image.Length) == image.Length && dlopen($"/proc/self/fd/{file}", Now | Global) != 0;
        _ = close(file);
    }

    /// <summary>The shared library: one function, <c>return 1</c>. System V ABI, chapters 4 and 5.</summary>
    internal static byte[] Image()
    {
        var image = new byte[Size];
        Header(image);
        Segment(image, 0, type: 1, flags: 5, offset: 0, address: 0, DynamicAt, Page);                               // load, read and execute
        Segment(image, 1, type: 1, flags: 6, DynamicAt, Page + DynamicAt, Size - DynamicAt, Page);                  // load, read and write
        Segment(image, 2, type: 2, flags: 6, DynamicAt, Page + DynamicAt, Size - DynamicAt, 8);                     // dynamic
        Segment(image, 3, type: 0x6474E551, flags: 6, 0, 0, 0, 16);                                                 // stack: not executable

        var entry = image.AsSpan(SymbolsAt + 24);
        BinaryPrimitives.WriteInt32LittleEndian(entry, 1);
        entry[4] = 0x12;                                                                                            // global function
        BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], 1);                                                    // defined
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], CodeAt);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], 6);
        Encoding.ASCII.GetBytes(Symbol, image.AsSpan(StringsAt + 1));
        Words(image, HashAt, 1, 2, 1, 0, 0);                                                                        // one bucket, two symbols
        new byte[] { 0xB8, 1, 0, 0, 0, 0xC3 }.CopyTo(image, CodeAt);                                                // mov eax, 1; ret
        Longs(image, DynamicAt, 4, HashAt, 5, StringsAt, 6, SymbolsAt, 10, Symbol.Length + 2, 11, 24, 0, 0);
        return image;
    }

    private static void Header(byte[] image)
    {
        new byte[] { 0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(image, 0);
        Words(image, 16, 3 | (62 << 16), 1);                                                                        // shared object, x86-64
        Longs(image, 32, 64);                                                                                       // program headers follow
        Words(image, 52, 64 | (56 << 16), 4 | (64 << 16));
    }

    private static void Segment(byte[] image, int index, int type, int flags, long offset, long address, long size, long alignment)
    {
        var at = 64 + (56 * index);
        Words(image, at, type, flags);
        Longs(image, at + 8, offset, address, address, size, size, alignment);
    }

    private static void Words(byte[] image, int at, params ReadOnlySpan<int> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at + (4 * i)), values[i]);
        }
    }

    private static void Longs(byte[] image, int at, params ReadOnlySpan<long> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(at + (8 * i)), values[i]);
        }
    }

    // "GenuineIntel" in EBX, EDX, ECX.
    private static bool IsIntel() => X86Base.CpuId(0, 0) is { Ebx: 0x756E6547, Edx: 0x49656E69, Ecx: 0x6C65746E };

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial nint write(int file, byte[] bytes, nuint count);

    [LibraryImport("libc")]
    private static partial int close(int file);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint dlopen(string path, int flags);
}
