using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Alignment.ModelCore.Data;

/// <summary>SHA-256 of encoded rows: what a resumed run must find unchanged.</summary>
public static class DataDigest
{
    public static string Of(IEnumerable<TokenRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var r in rows)
        {
            Add(hash, r.Ids);
            hash.AppendData(MemoryMarshal.AsBytes(r.Learn.AsSpan()));
            Add(hash, r.Weight);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(IEnumerable<TokenPair> pairs)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var p in pairs)
        {
            Add(hash, p.Prompt);
            Add(hash, p.Chosen);
            Add(hash, p.Rejected);
            Add(hash, p.Margin);
            foreach (var share in new[] { p.VoteShare, p.TieShare }.Where(x => !double.IsNaN(x)))
            {
                Add(hash, share);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Of prompts.</summary>
    public static string Of(IEnumerable<int[]> prompts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var ids in prompts)
        {
            Add(hash, ids);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(IEnumerable<LabelledCompletion> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var r in rows)
        {
            Add(hash, r.Prompt);
            Add(hash, r.Completion);
            Add(hash, r.Label ? 1 : 0);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(IEnumerable<TokenRanking> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var r in rows)
        {
            Add(hash, r.Group.Prompt);
            for (var a = 0; a < r.Ranks.Count; a++)
            {
                Add(hash, r.Group.Answers[a]);
                Add(hash, r.Ranks[a]);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Of(IEnumerable<StepwiseTokens> rows) => Of(rows.SelectMany(r => new[] { r.Ids, [.. r.Labels.Select(l => (int)l)] }));

    private static void Add(IncrementalHash hash, int[] ids)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, ids.Length);
        hash.AppendData(length);
        hash.AppendData(MemoryMarshal.AsBytes(ids.AsSpan()));
    }

    private static void Add(IncrementalHash hash, double value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
