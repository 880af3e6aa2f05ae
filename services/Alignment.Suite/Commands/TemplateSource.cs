using Alignment.Text.Templates;
using Alignment.Text.Tokenization;

namespace Alignment.Suite.Commands;

/// <summary>The chat templates of a model's folder or of one file, with the special tokens they see.</summary>
internal sealed class TemplateSource
{
    private readonly ChatTemplate? template;
    private readonly ChatTemplate? withTools;
    private readonly TemplateException? broken;

    private TemplateSource(string text, string? toolText, IReadOnlyDictionary<string, string> specialTokens)
    {
        SpecialTokens = specialTokens;
        try
        {
            template = ChatTemplate.Parse(text);
            withTools = toolText is null ? null : ChatTemplate.Parse(toolText);
        }
        catch (TemplateException e)
        {
            broken = e;
        }
    }

    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    /// <summary>Reads the template; one that does not parse answers every conversation with its error.</summary>
    /// <exception cref="InvalidDataException">There is no template.</exception>
    public static TemplateSource Read(string path)
    {
        if (File.Exists(path))
        {
            return new(File.ReadAllText(path), null, new Dictionary<string, string>());
        }

        if (!Directory.Exists(path))
        {
            throw new InvalidDataException($"{path}: no such folder or file.");
        }

        var settings = TokenizerSettings.Read(path);
        var text = settings.ChatTemplate ?? throw new InvalidDataException(
            $"{path}: no chat template; put one into chat_template.jinja there, or name a .jinja file.");
        return new(text, settings.ChatTemplates.GetValueOrDefault("tool_use"), settings.SpecialTokens);
    }

    /// <summary>The template for a request: a model may keep another one for conversations with tools.</summary>
    public ChatTemplate For(ChatRequest request) => broken is null ? (request.Tools is null ? template : withTools ?? template)! : throw broken;
}
