<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name></name>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln token</numerusform>
            <numerusform>%Ln tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, %Ln chats, {state}</source>
        <translation>
            <numerusform>Folder {name}, %Ln chat, {state}</numerusform>
            <numerusform>Folder {name}, %Ln chats, {state}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pages</source>
        <translation>
            <numerusform>%Ln page</numerusform>
            <numerusform>%Ln pages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChatCommands</name>
    <message numerus="yes">
        <source>%n chats were deleted.</source>
        <translation>
            <numerusform>%n chat was deleted.</numerusform>
            <numerusform>%n chats were deleted.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChatList</name>
    <message numerus="yes">
        <source>%n chats</source>
        <translation>
            <numerusform>%n chat</numerusform>
            <numerusform>%n chats</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChatMenus</name>
    <message numerus="yes">
        <source>Export %n chats</source>
        <translation>
            <numerusform>Export %n chat</numerusform>
            <numerusform>Export %n chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Delete %n chats</source>
        <translation>
            <numerusform>Delete %n chat</numerusform>
            <numerusform>Delete %n chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Unpin %n chats</source>
        <translation>
            <numerusform>Unpin %n chat</numerusform>
            <numerusform>Unpin %n chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Pin %n chats</source>
        <translation>
            <numerusform>Pin %n chat</numerusform>
            <numerusform>Pin %n chats</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Move %n chats</source>
        <translation>
            <numerusform>Move %n chat</numerusform>
            <numerusform>Move %n chats</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message numerus="yes">
        <source>Pasted text · %Ln character(s)  ×</source>
        <translation>
            <numerusform>Pasted text · %Ln character  ×</numerusform>
            <numerusform>Pasted text · %Ln characters  ×</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove the pasted text of %Ln character(s)</source>
        <translation>
            <numerusform>Remove the pasted text of %Ln character</numerusform>
            <numerusform>Remove the pasted text of %Ln characters</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message numerus="yes">
        <source>%Ln documents</source>
        <translation>
            <numerusform>%Ln document</numerusform>
            <numerusform>%Ln documents</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Inspection</name>
    <message numerus="yes">
        <source>The context is nearly full: %Ln token(s) are left for the message and its answer.</source>
        <translation>
            <numerusform>The context is nearly full: %Ln token is left for the message and its answer.</numerusform>
            <numerusform>The context is nearly full: %Ln tokens are left for the message and its answer.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message numerus="yes">
        <source>On disk, %Ln branch(es)</source>
        <translation>
            <numerusform>On disk, %Ln branch</numerusform>
            <numerusform>On disk, %Ln branches</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QuitDialog</name>
    <message numerus="yes">
        <source>%n temporary chats are gone when Eremo quits.</source>
        <translation>
            <numerusform>%n temporary chat is gone when Eremo quits.</numerusform>
            <numerusform>%n temporary chats are gone when Eremo quits.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message numerus="yes">
        <source>Reading {done} of %Ln token(s)</source>
        <translation>
            <numerusform>Reading {done} of %Ln token</numerusform>
            <numerusform>Reading {done} of %Ln tokens</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{used} of %Ln token(s)</source>
        <translation>
            <numerusform>{used} of %Ln token</numerusform>
            <numerusform>{used} of %Ln tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ThoughtView</name>
    <message numerus="yes">
        <source>%Ln word(s)</source>
        <translation>
            <numerusform>%Ln word</numerusform>
            <numerusform>%Ln words</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message numerus="yes">
        <source>Reading {done} of %Ln token(s)</source>
        <translation>
            <numerusform>Reading {done} of %Ln token</numerusform>
            <numerusform>Reading {done} of %Ln tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Transfer</name>
    <message numerus="yes">
        <source>%Ln chats were imported.</source>
        <translation>
            <numerusform>%Ln chat was imported.</numerusform>
            <numerusform>%Ln chats were imported.</numerusform>
        </translation>
    </message>
</context>
</TS>
