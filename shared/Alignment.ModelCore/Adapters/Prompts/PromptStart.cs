using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Adapters.Prompts;

/// <summary>Which rows of the embedding virtual tokens begin with (prompt_tuning_init).</summary>
public static class PromptStart
{
    /// <summary>TEXT: the ids of the text, repeated until there are enough and cut.</summary>
    public static IReadOnlyList<long> FromText(IReadOnlyList<int> ids, int tokens) => ids.Count == 0
        ? throw new AdapterException("prompt_tuning_init_text has no tokens.")
        : [.. Enumerable.Range(0, tokens).Select(i => (long)ids[i % ids.Count])];

    /// <summary>The text's ids as the tokenizer gives them by default, special tokens that it adds included.</summary>
    public static IReadOnlyList<int> Encode(string? tokenizerFolder, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw new AdapterException("adapter_config.json: prompt_tuning_init TEXT needs prompt_tuning_init_text.");
        }

        return tokenizerFolder is not null && File.Exists(Path.Combine(tokenizerFolder, "tokenizer.json")) ? [.. Tokenizer.Load(tokenizerFolder).Encode(text).Ids]
            : throw new AdapterException($"adapter_config.json: prompt_tuning_init TEXT needs a tokenizer, and tokenizer_name_or_path ({tokenizerFolder ?? "unset"}) has no tokenizer.json.");
    }
}
