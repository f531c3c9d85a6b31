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
</TS>
