using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>The <c>loop</c> variable. Looks at most one item ahead unless asked for the length of something without one.</summary>
internal sealed class LoopContext(object? iterable, Func<object?, object?>? recurse, int depth) : PyCallable
{
    private IEnumerator<object?> source = PyIteration.Iterate(iterable);
    private object? ahead = Missing.Value;
    private bool ended;
    private object? before = Missing.Value;
    private PyTuple? lastChanged;
    private long? length;
    private long index0 = -1;

    public override string TypeName => "LoopContext";

    public override string Repr => $"<LoopContext {index0 + 1}/{Length}>";

    public object? Current { get; private set; } = Missing.Value;

    public long Length => length ??= Measure();

    public override string ToString() => Repr;

    public bool MoveNext()
    {
        var next = Peek();
        if (next is Missing)
        {
            return false;
        }

        ahead = Missing.Value;
        index0++;
        before = Current;
        Current = next;
        return true;
    }

    /// <summary>What iterating over <c>loop</c> itself gives.</summary>
    public IEnumerator<object?> Pairs()
    {
        while (MoveNext())
        {
            yield return new PyTuple(Current, this);
        }
    }

    public override object? Call(CallArguments arguments, RenderState state)
    {
        var values = arguments.Bind("loop", "iterable")[0];
        return recurse is null
            ? throw TemplateException.TypeError("The loop must have the 'recursive' marker to be called recursively.")
            : recurse(values);
    }

    public override object? Attribute(string name) => name switch
    {
        "index" => index0 + 1,
        "index0" => index0,
        "first" => index0 == 0,
        "last" => Peek() is Missing,
        "length" => Length,
        "revindex" => Length - index0,
        "revindex0" => Length - index0 - 1,
        "depth" => depth + 1L,
        "depth0" => (long)depth,
        "previtem" => index0 == 0 ? Undefined.Hinted("there is no previous item") : before,
        "nextitem" => Peek() is Missing ? Undefined.Hinted("there is no next item") : Peek(),
        "cycle" => ContainerMethods.Method(name, (a, _) => a.Positional.Count == 0
            ? throw TemplateException.TypeError("no items for cycling given") : a.Positional[(int)(index0 % a.Positional.Count)]),
        "changed" => ContainerMethods.Method(name, (a, _) => Changed(a)),
        _ => Missing.Value,
    };

    private bool Changed(CallArguments a)
    {
        var now = new PyTuple([.. a.Positional]);
        if (lastChanged is not null && PyCompare.AreEqual(lastChanged, now))
        {
            return false;
        }

        lastChanged = now;
        return true;
    }

    private object? Peek()
    {
        if (ahead is Missing && !ended)
        {
            ended = !source.MoveNext();
            ahead = ended ? Missing.Value : source.Current;
        }

        return ahead;
    }

    private long Measure()
    {
        if (PyIteration.TryLength(iterable) is { } known)
        {
            return known;
        }

        var rest = new List<object?>();
        while (!ended && source.MoveNext())
        {
            rest.Add(source.Current);
        }

        source = PyIteration.Iterate(new PyList(rest));
        return rest.Count + index0 + 1 + (ahead is Missing ? 0 : 1);
    }
}
