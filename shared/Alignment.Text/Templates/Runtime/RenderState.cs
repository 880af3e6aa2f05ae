using Alignment.Text.Templates.Syntax;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>What one rendering shares: variables, clock, limits, spans, and where it is in the template.</summary>
internal sealed class RenderState(Template template, PyDict variables, TemplateLimits limits, DateTimeOffset now)
{
    private long steps;
    private long allocated;
    private int depth;

    public Template Template => template;

    public DateTimeOffset Now => now;

    /// <summary>Names assigned at the top level: what blocks see.</summary>
    public PyDict Exported { get; } = new();

    public bool AutoEscape { get; set; }

    /// <summary>What is printed at the top level; spans are measured against it.</summary>
    public TextBuffer Output { get; set; } = null!;

    public List<(int Start, int End)> Spans { get; } = [];

    /// <summary>The text a filter block is about to filter; read before anything else can capture.</summary>
    public object? Captured { get; set; }

    /// <summary>The node being evaluated, for error messages.</summary>
    public Node? At { get; set; }

    public void Step(long count = 1)
    {
        steps += count;
        if (steps > limits.MaxSteps)
        {
            throw TemplateException.Limit($"the template needs more than {limits.MaxSteps} steps");
        }
    }

    /// <summary>Called before a string or list of this length is made.</summary>
    public void Allocate(long length)
    {
        allocated += length;
        if (length > limits.MaxValueLength || allocated > limits.MaxAllocated)
        {
            throw TemplateException.Limit(length > limits.MaxValueLength
                ? $"a value of {length} characters or items is over the limit of {limits.MaxValueLength}"
                : $"the template makes more than {limits.MaxAllocated} characters and items");
        }
    }

    public void Enter()
    {
        StackGuard.Check();
        if (++depth > limits.MaxCallDepth)
        {
            throw TemplateException.Other("RecursionError", "maximum recursion depth exceeded");
        }
    }

    public void Leave() => depth--;

    /// <summary>A name that no scope of the template defines: top-level assignments, then the caller's variables, then globals.</summary>
    public object? Resolve(string name) =>
        Exported.TryGet(name, out var value) || variables.TryGet(name, out value) || Globals.TryGet(name, out value) ? value : Missing.Value;
}
