using System.Text;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>Python's <c>pprint.pformat</c>: 80 columns, dict keys in order.</summary>
internal sealed class PrettyPrinter(RenderState state)
{
    private const int Width = 80;
    private readonly StringBuilder text = new();

    public static string Format(object? value, RenderState state)
    {
        var printer = new PrettyPrinter(state);
        printer.Write(value, 0, 0);
        return printer.text.ToString();
    }

    private void Write(object? value, int indent, int allowance)
    {
        StackGuard.Check();
        state.Step();
        var flat = Flat(value);
        state.Allocate(flat.Length);
        if (PyText.Length(flat) <= Width - indent - allowance || value is not (PyDict { Count: > 0 } or PyList { Items.Count: > 0 } or PyTuple { Items.Length: > 0 }))
        {
            text.Append(flat);
            return;
        }

        if (value is PyDict d)
        {
            text.Append('{');
            var entries = Sorted(d);
            for (var i = 0; i < entries.Count; i++)
            {
                var key = Flat(entries[i].Items[0]);
                text.Append(key).Append(": ");
                var last = i == entries.Count - 1;
                Write(entries[i].Items[1], indent + 1 + PyText.Length(key) + 2, last ? allowance + 1 : 1);
                text.Append(last ? "" : ",\n").Append(' ', last ? 0 : indent + 1);
            }

            text.Append('}');
            return;
        }

        var items = value is PyList l ? l.Items : ((PyTuple)value).Items.ToList();
        var close = value is PyList ? "]" : items.Count == 1 ? ",)" : ")";
        text.Append(value is PyList ? '[' : '(');
        for (var i = 0; i < items.Count; i++)
        {
            var last = i == items.Count - 1;
            Write(items[i], indent + 1, last ? allowance + close.Length : 1);
            text.Append(last ? "" : ",\n").Append(' ', last ? 0 : indent + 1);
        }

        text.Append(close);
    }

    private List<PyTuple> Sorted(PyDict d)
    {
        var entries = d.Entries.Select(e => (object?)new PyTuple(e.Key, e.Value)).ToList();
        try
        {
            return [.. PySort.Sorted(entries, e => ((PyTuple)e!).Items[0], false, state).Select(e => (PyTuple)e!)];
        }
        catch (TemplateException e) when (e.Kind == "type")
        {
            // Keys of different types: pprint orders them by the type's name first.
            return [.. PySort.Sorted(entries, x => new PyTuple(PyTypes.Name(((PyTuple)x!).Items[0]), PyRepr.Of(((PyTuple)x).Items[0])), false, state).Select(x => (PyTuple)x!)];
        }
    }

    private string Flat(object? value)
    {
        StackGuard.Check();
        return value switch
        {
            PyDict d => "{" + string.Join(", ", Sorted(d).Select(e => $"{Flat(e.Items[0])}: {Flat(e.Items[1])}")) + "}",
            PyList l => "[" + string.Join(", ", l.Items.Select(Flat)) + "]",
            PyTuple { Items.Length: 1 } t => "(" + Flat(t.Items[0]) + ",)",
            PyTuple t => "(" + string.Join(", ", t.Items.Select(Flat)) + ")",
            _ => PyRepr.Of(value),
        };
    }
}
