using System.Text.Json;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Syntax;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates;

/// <summary>
/// A chat template: Jinja as transformers configures it (jinja2 3.1.6, immutable sandbox, trim_blocks, lstrip_blocks, loop controls,
/// <c>{% generation %}</c>, <c>tojson</c> without HTML escaping, <c>raise_exception</c>, <c>strftime_now</c>). Safe to share between threads.
/// </summary>
public sealed class ChatTemplate
{
    private readonly Template template;

    private ChatTemplate(string source, Template template)
    {
        Source = source;
        this.template = template;
        HasGenerationBlocks = template.HasGenerationBlocks;
    }

    public string Source { get; }

    /// <summary>Whether the template marks what the assistant wrote; without it no assistant mask can be made.</summary>
    public bool HasGenerationBlocks { get; }

    /// <exception cref="TemplateException">The template is not valid; the message names the fault, line and column where.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new(source, Binder.Bind(Parser.Parse(source)));
        }
        catch (InsufficientExecutionStackException)
        {
            throw TemplateException.Other("RecursionError", "maximum recursion depth exceeded");
        }
    }

    /// <summary>Renders a conversation as transformers' <c>apply_chat_template</c> does, checks and message preparation included.</summary>
    /// <exception cref="TemplateException">Kind value: the conversation cannot be rendered as asked; other kinds: the template failed.</exception>
    public RenderedChat Render(ChatRequest request) => ChatRendering.Render(this, request);

    /// <summary>Renders with exactly these variables, an object's properties.</summary>
    /// <param name="now">What <c>strftime_now</c> shows, by its own clock face; default the local time.</param>
    public RenderedChat RenderVariables(JsonElement variables, DateTimeOffset? now = null, TemplateLimits? limits = null)
    {
        var dict = new PyDict();
        foreach (var p in variables.EnumerateObject())
        {
            dict.Set(p.Name, JsonValues.From(p.Value));
        }

        return Render(dict, now, limits);
    }

    internal RenderedChat Render(PyDict variables, DateTimeOffset? now, TemplateLimits? limits)
    {
        var state = new RenderState(template, variables, limits ?? TemplateLimits.Default, now ?? DateTimeOffset.Now);
        state.Output = new(state);
        try
        {
            template.Run(state);
            return new(state.Output.ToString(), [.. state.Spans.Select(s => new GenerationSpan(s.Start, s.End))]);
        }
        catch (TemplateException e) when (e.Line == 0 && state.At is { } at)
        {
            (e.Line, e.Column) = (at.Line, at.Column);
            throw;
        }
        catch (Exception e) when (e is OutOfMemoryException or OverflowException or ArgumentOutOfRangeException)
        {
            // The limits should come first; whatever slips through is still the template's fault, not the caller's.
            throw new TemplateException("other", e.GetType().Name, e.Message, state.At?.Line ?? 0, state.At?.Column ?? 0);
        }
    }
}

/// <summary>The code points [Start, End) of the text that one <c>{% generation %}</c> block made.</summary>
public readonly record struct GenerationSpan(int Start, int End);

/// <param name="Text">The rendered conversation.</param>
/// <param name="GenerationSpans">In the order of rendering, counted in code points of <paramref name="Text"/>.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<GenerationSpan> GenerationSpans);
