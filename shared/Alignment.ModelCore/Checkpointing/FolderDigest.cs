using System.Security.Cryptography;
using System.Text;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>One number for a folder of files: SHA-256 over each file's relative name and SHA-256, in ordinal order of names.</summary>
public static class FolderDigest
{
    /// <summary>The digest of what makes a model: config, weights and tokenizer, whatever else lies in the folder.</summary>
    public static string OfModel(string folder) => Of(folder, n => n is "config.json" or "tokenizer.json" or "tokenizer_config.json" or "chat_template.jinja" or "adapter_config.json"
        || n.EndsWith(".safetensors", StringComparison.Ordinal));

    /// <summary>Lower-case hex of the digest of the files directly in <paramref name="folder"/> for which <paramref name="include"/> is true.</summary>
    public static string Of(string folder, Func<string, bool>? include = null)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.GetFiles(folder).OrderBy(Path.GetFileName, StringComparer.Ordinal).Where(f => include?.Invoke(Path.GetFileName(f)) ?? true))
        {
            using var stream = File.OpenRead(file);
            all.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\0{Convert.ToHexStringLower(SHA256.HashData(stream))}\n"));
        }

        return Convert.ToHexStringLower(all.GetHashAndReset());
    }
}
