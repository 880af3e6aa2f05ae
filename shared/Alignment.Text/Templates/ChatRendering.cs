using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates;

/// <summary>
/// What transformers' <c>apply_chat_template</c> does around the template: checks, preparation of messages, and continuing the last one.
/// </summary>
internal static class ChatRendering
{
    private const string Tag = "CONTINUE_FINAL_MESSAGE_TAG ";

    /// <param name="mark">Applied to every string of the messages and documents; null leaves them as they are.</param>
    public static RenderedChat Render(ChatTemplate template, ChatRequest request, Func<string, string>? mark = null)
    {
        if (request.Messages.ValueKind != System.Text.Json.JsonValueKind.Array || request.Messages.GetArrayLength() == 0)
        {
            throw TemplateException.ValueError("Cannot apply chat template to an empty conversation. Provide at least one message.");
        }

        if (request.ContinueFinalMessage && request.AddGenerationPrompt)
        {
            throw TemplateException.ValueError("continue_final_message and add_generation_prompt are not compatible. Use continue_final_message when you want the model "
                + "to continue the final message, and add_generation_prompt when you want to add a header that will prompt it to start a new assistant message instead.");
        }

        var messages = request.Messages.EnumerateArray().Select(m => Prepare(JsonValues.From(m, mark))).ToList();
        var final = request.ContinueFinalMessage ? TagFinal(messages, request.ContinueField) : null;
        var variables = new PyDict();
        foreach (var (name, token) in request.SpecialTokens)
        {
            variables.Set(name, token);
        }

        variables.Set("messages", new PyList(messages));
        variables.Set("tools", request.Tools is { } tools ? JsonValues.From(tools) : null);
        variables.Set("documents", request.Documents is { } documents ? JsonValues.From(documents, mark) : null);
        variables.Set("add_generation_prompt", request.AddGenerationPrompt);
        if (request.Variables is { ValueKind: System.Text.Json.JsonValueKind.Object } more)
        {
            foreach (var p in more.EnumerateObject())
            {
                variables.Set(p.Name, JsonValues.From(p.Value));
            }
        }

        var rendered = template.Render(variables, request.Now, request.Limits);
        return final is null ? rendered : rendered with { Text = Cut(rendered.Text, final) };
    }

    /// <summary>Drops keys without a value, and gives the reasoning both of its names.</summary>
    private static object? Prepare(object? message)
    {
        if (message is not PyDict source)
        {
            return message;
        }

        var result = new PyDict();
        foreach (var (key, value) in source.Entries.Where(e => e.Value is not null))
        {
            result.Set(key, value);
        }

        foreach (var name in new[] { "reasoning_content", "thinking", "reasoning" })
        {
            if (result.TryGet(name, out var reasoning))
            {
                if (!result.TryGet("thinking", out _))
                {
                    result.Set("thinking", reasoning);
                }

                result.Set("reasoning_content", reasoning);
                break;
            }
        }

        return result;
    }

    /// <summary>Marks the end of the last message; returns its text.</summary>
    private static string TagFinal(List<object?> messages, string field)
    {
        if (messages[^1] is not PyDict last || !last.TryGet(field, out var content))
        {
            throw TemplateException.ValueError($"continue_final_message is set but the final message has no \"{field}\" to continue!");
        }

        var copy = last.Copy();
        messages[^1] = copy;
        if (content is not PyList parts)
        {
            var text = StringMethods.Text(content, "the final message");
            copy.Set(field, text + Tag);
            return text;
        }

        for (var i = parts.Items.Count - 1; i >= 0; i--)
        {
            if (parts.Items[i] is PyDict part && part.TryGet("text", out var text))
            {
                var tagged = part.Copy();
                tagged.Set("text", PyRepr.Str(text) + Tag);
                copy.Set(field, new PyList([.. parts.Items.Take(i), tagged, .. parts.Items.Skip(i + 1)]));
                return PyRepr.Str(text);
            }
        }

        throw TemplateException.ValueError("continue_final_message is set but we could not find any text to continue in the final message!");
    }

    private static string Cut(string text, string final)
    {
        var bare = Tag.TrimEnd();
        var at = text.LastIndexOf(bare, StringComparison.Ordinal);
        if (at < 0 || !text.Contains(PyText.Strip(final, null, true, true), StringComparison.Ordinal))
        {
            throw TemplateException.ValueError("continue_final_message is set but the final message does not appear in the chat after applying the chat template! "
                + "This can happen if the chat template deletes portions of the final message. Please verify the chat template and final message in your chat to ensure they are compatible.");
        }

        return string.CompareOrdinal(text, at, Tag, 0, Tag.Length) == 0 ? text[..at] : PyText.Strip(text[..at], null, false, true);
    }
}
