#if !ALIGNMENT_RUNTIME
using System;
using System.Collections.Generic;
using System.IO;
#endif
using System.Text;

namespace Alignment.ModelCore.Native;

/// <summary>
/// TorchSharp 0.107.0 ships a <c>libLibTorchSharp.so</c> linked against GCC 13's libstdc++. On older systems exactly one symbol is
/// missing, <c>std::ios_base_library_init()</c> (version GLIBCXX_3.4.32), a start-up hook that does nothing an older libstdc++ needs.
/// The patch retargets that one import to <c>std::uncaught_exception()</c> (GLIBCXX_3.4), harmless to call, in a copy of the file; the
/// version requirement is lowered to GLIBCXX_3.4.30, which the file needs anyway. The package's own file is never touched.
/// This file is compiled twice: into the build task that makes the copy, and into the assembly for the tests and the doctor.
/// </summary>
public static class LibTorchSharpPatch
{
    private const string MissingVersion = "GLIBCXX_3.4.32";
    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string HarmlessSymbol = "_ZSt18uncaught_exceptionv";

    /// <summary>True when the libstdc++ at <paramref name="libstdcxx"/> lacks the version the shipped file asks for.</summary>
    public static bool IsNeeded(string libstdcxx)
    {
        return IndexOf(File.ReadAllBytes(libstdcxx), Encoding.ASCII.GetBytes(MissingVersion + "\0")) < 0;
    }

    /// <summary>True when the file at <paramref name="libTorchSharp"/> no longer asks for the missing symbol.</summary>
    public static bool IsPatched(string libTorchSharp)
    {
        return IndexOf(File.ReadAllBytes(libTorchSharp), Encoding.ASCII.GetBytes(MissingSymbol + "\0")) < 0;
    }

    /// <summary>The patched image.</summary>
    /// <exception cref="InvalidDataException">The file is not the 64-bit ELF library this patch was written for.</exception>
    public static byte[] Apply(byte[] image)
    {
        var b = (byte[])image.Clone();
        if (b.Length < 64 || b[0] != 0x7f || b[1] != 'E' || b[2] != 'L' || b[3] != 'F' || b[4] != 2)
        {
            throw new InvalidDataException("not a 64-bit ELF file");
        }

        var sections = Sections(b);
        var strings = sections[".dynstr"].Offset;
        var requirements = Requirements(b, sections[".gnu.version_r"].Offset, strings);
        if (!requirements.TryGetValue(MissingVersion, out var missing) || !requirements.TryGetValue("GLIBCXX_3.4.30", out var present)
            || !requirements.TryGetValue("GLIBCXX_3.4", out var oldest))
        {
            throw new InvalidDataException("the file does not ask for " + MissingVersion + ": another build of TorchSharp, which may need no patch");
        }

        var symbols = sections[".dynsym"];
        var versions = sections[".gnu.version"].Offset;
        var patched = 0;
        for (var i = 0; i < symbols.Size / 24; i++)
        {
            if (BitConverter.ToUInt16(b, versions + (2 * i)) != missing.Index)
            {
                continue;
            }

            var name = strings + BitConverter.ToInt32(b, symbols.Offset + (24 * i));
            if (Text(b, name) != MissingSymbol)
            {
                throw new InvalidDataException("unexpected symbol " + Text(b, name) + " of version " + MissingVersion);
            }

            Encoding.ASCII.GetBytes(HarmlessSymbol + "\0").CopyTo(b, name);
            BitConverter.GetBytes(oldest.Index).CopyTo(b, versions + (2 * i));
            patched++;
        }

        if (patched != 1)
        {
            throw new InvalidDataException("expected one symbol of version " + MissingVersion + ", found " + patched);
        }

        BitConverter.GetBytes(ElfHash("GLIBCXX_3.4.30")).CopyTo(b, missing.Offset);
        BitConverter.GetBytes(present.Name).CopyTo(b, missing.Offset + 8);
        return b;
    }

    private static Dictionary<string, (int Offset, int Size)> Sections(byte[] b)
    {
        var table = (int)BitConverter.ToInt64(b, 40);
        int size = BitConverter.ToUInt16(b, 58), count = BitConverter.ToUInt16(b, 60), names = BitConverter.ToUInt16(b, 62);
        var nameOffset = (int)BitConverter.ToInt64(b, table + (names * size) + 24);
        var result = new Dictionary<string, (int, int)>();
        for (var i = 0; i < count; i++)
        {
            var s = table + (i * size);
            result[Text(b, nameOffset + BitConverter.ToInt32(b, s))] = ((int)BitConverter.ToInt64(b, s + 24), (int)BitConverter.ToInt64(b, s + 32));
        }

        return result;
    }

    private static Dictionary<string, (int Offset, ushort Index, int Name)> Requirements(byte[] b, int offset, int strings)
    {
        var result = new Dictionary<string, (int, ushort, int)>();
        while (true)
        {
            var count = BitConverter.ToUInt16(b, offset + 2);
            var entry = offset + BitConverter.ToInt32(b, offset + 8);
            for (var i = 0; i < count; i++)
            {
                var name = BitConverter.ToInt32(b, entry + 8);
                result[Text(b, strings + name)] = (entry, BitConverter.ToUInt16(b, entry + 6), name);
                entry += BitConverter.ToInt32(b, entry + 12);
            }

            var next = BitConverter.ToInt32(b, offset + 12);
            if (next == 0)
            {
                return result;
            }

            offset += next;
        }
    }

    private static string Text(byte[] b, int offset) => Encoding.ASCII.GetString(b, offset, Array.IndexOf(b, (byte)0, offset) - offset);

    /// <summary>The hash function of the System V ABI, "Hash Table" section.</summary>
    private static uint ElfHash(string name)
    {
        uint h = 0;
        foreach (var c in name)
        {
            h = (h << 4) + c;
            var g = h & 0xf0000000;
            if (g != 0)
            {
                h ^= g >> 24;
            }

            h &= ~g;
        }

        return h;
    }

    private static int IndexOf(byte[] haystack, byte[] needle)
    {
        for (var i = 0; i + needle.Length <= haystack.Length; i++)
        {
            var j = 0;
            while (j < needle.Length && haystack[i + j] == needle[j])
            {
                j++;
            }

            if (j == needle.Length)
            {
                return i;
            }
        }

        return -1;
    }
}

#if !ALIGNMENT_RUNTIME
/// <summary>The build task: writes the patched copy, or an exact copy where the system needs no patch.</summary>
public sealed class CopyLibTorchSharp : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; } = "";

    [Microsoft.Build.Framework.Required]
    public string Destination { get; set; } = "";

    /// <summary>Candidate paths of the system's libstdc++, separated by semicolons; the first that exists decides.</summary>
    [Microsoft.Build.Framework.Required]
    public string LibStdCxx { get; set; } = "";

    public override bool Execute()
    {
        var system = Array.Find(LibStdCxx.Split(';'), File.Exists);
        var needed = system != null && LibTorchSharpPatch.IsNeeded(system);
        var image = File.ReadAllBytes(Source);
        File.Delete(Destination);
        File.WriteAllBytes(Destination, needed ? LibTorchSharpPatch.Apply(image) : image);
        Log.LogMessage(Microsoft.Build.Framework.MessageImportance.High, needed
            ? "libLibTorchSharp.so: copied and patched, because " + system + " is older than GCC 13's"
            : "libLibTorchSharp.so: copied, no patch needed");
        return true;
    }
}
#endif
