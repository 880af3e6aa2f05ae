namespace Alignment.Text.Tokenization;

/// <summary>What <c>tokenizer_config.json</c> says beyond the tokenizer itself; missing entries are null.</summary>
public sealed record TokenizerSettings
{
    public string? BosToken { get; init; }

    public string? EosToken { get; init; }

    public string? PadToken { get; init; }

    public string? UnknownToken { get; init; }

    public string? SepToken { get; init; }

    public string? ClsToken { get; init; }

    public string? MaskToken { get; init; }

    /// <summary>All special tokens by name (bos_token, …, and a model's own such as image_token): the variables a chat template sees.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; init; } = new Dictionary<string, string>();

    /// <summary>The Jinja chat template, from <c>chat_template.jinja</c> or the configuration; with several, the one named <c>default</c>.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>All named chat templates.</summary>
    public IReadOnlyDictionary<string, string> ChatTemplates { get; init; } = new Dictionary<string, string>();

    /// <summary>Longest input the model is meant for, in tokens.</summary>
    public int? ModelMaxLength { get; init; }

    public bool CleanUpTokenizationSpaces { get; init; }

    /// <summary>Reads a model's folder; what is not there stays null.</summary>
    /// <exception cref="TokenizerException">A file is not valid JSON.</exception>
    public static TokenizerSettings Read(string folder) => Serialization.SettingsReader.Read(folder);
}
