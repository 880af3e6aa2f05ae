using System.Runtime.CompilerServices;
using Alignment.Text.Tokenization;

namespace Alignment.Text.Tests.Tokenization;

internal static class Samples
{
    public static string Folder([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "golden", "F04-tokenizer"));

    public static Tokenizer Load(string name) => Tokenizer.Load(Path.Combine(Folder(), name));

    public static byte[] File(string name) => System.IO.File.ReadAllBytes(Path.Combine(Folder(), name, "tokenizer.json"));

    public static readonly string[] All = ["gpt2", "gpt2-added", "gpt2-prefix-space", "llama3", "qwen25", "llama2", "mistral-first", "gemma", "unigram", "unigram-bytes", "wordpiece"];
}
