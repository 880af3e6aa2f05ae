namespace Alignment.ModelCore.Data;

/// <summary>
/// The conversation format of models made here: ChatML (OpenAI 2023; Qwen, SmolLM), with generation blocks around what the
/// assistant writes, its end of turn included.
/// </summary>
public static class ChatMl
{
    /// <summary>Ends a document, and pads.</summary>
    public const string EndOfText = "<|endoftext|>";

    public const string StartOfTurn = "<|im_start|>";

    /// <summary>Ends a turn: the eos of a chat model.</summary>
    public const string EndOfTurn = "<|im_end|>";

    public const string Template =
        """
        {%- for message in messages %}
        {{- '<|im_start|>' + message['role'] + '\n' }}
        {%- if message['role'] == 'assistant' %}
        {%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}
        {%- else %}
        {{- message['content'] + '<|im_end|>' }}
        {%- endif %}
        {{- '\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}
        {{- '<|im_start|>assistant\n' }}
        {%- endif %}
        """;
}
