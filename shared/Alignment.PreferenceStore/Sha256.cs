using System.Security.Cryptography;
using System.Text;

namespace Alignment.PreferenceStore;

/// <summary>SHA-256 of UTF-8 text as 64 lower-case hexadecimal digits.</summary>
public static class Sha256
{
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The first eight bytes as a non-negative integer: a seed that depends on content alone.</summary>
    public static long SeedOf(string text) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)), 0) & long.MaxValue;
}
